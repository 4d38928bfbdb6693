import { installedSize } from '../install.mjs'

export const installed = {
  key: 'installed',
  title: 'What is installed',
  text: 'Packages, and the sizes of their files, that `npm install` of the tracer brings into an empty folder, its API included.',
  rounds: 1,
  figures: [
    { key: 'sizeMB', label: 'size', unit: 'MB', isLessBetter: true, isShownForNone: false, isHeadline: true },
    { key: 'packages', label: 'packages', unit: '', isLessBetter: true, isShownForNone: false },
  ],
  async measure({ peers }) {
    return {
      samples: Object.fromEntries(
        peers.map(({ name, folder }) => [name, name === 'none' ? [{}] : [installedSize(folder)]]),
      ),
    }
  },
}
