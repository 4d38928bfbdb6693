import { signal, type ReadonlySignal } from '@preact/signals'

function matching(query: string): ReadonlySignal<boolean> {
  const media = matchMedia(query)
  const matches = signal(media.matches)
  media.addEventListener('change', () => {
    matches.value = media.matches
  })
  return matches
}

/** A telephone, or a window as narrow: one column. */
export const isNarrow: ReadonlySignal<boolean> = matching('(max-width: 699px)')
