import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { REPOSITORY } from '../helpers/traced-app.js'

const pagesIn = (folder: string): string[] =>
  readdirSync(join(REPOSITORY, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name))
const PAGES = ['README.md', 'CONTRIBUTING.md', ...pagesIn('docs'), ...pagesIn('deploy'), 'examples/shop/README.md']

/** What a page may name a file from: the repository, src/ and its folders, test/, and the page's own folder. */
const ROOTS = ['', 'src', 'src/instrumentation', 'test', 'examples', 'deploy', 'docs']

const files: readonly string[] = ['src', 'scripts', 'test', 'examples', 'deploy', 'docs', 'bench'].flatMap((folder) =>
  readdirSync(join(REPOSITORY, folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`),
)

/** Names of files between backticks: with a folder in it, or of a source file. */
function filesNamedIn(page: string): string[] {
  const text = readFileSync(join(REPOSITORY, page), 'utf8').replace(/^```[^]*?^```/gm, '')
  const names = [...text.matchAll(/`([\w.@-]+(?:\/[\w.@-]+)*\/?)`/g)].map(([, name = '']) => name)
  return names.filter((name) => /^(src|scripts|test|bench|examples|deploy)\//.test(name) || /^[\w/-]+\.ts$/.test(name))
}

const isFile = (name: string): boolean =>
  ROOTS.some((root) => existsSync(join(REPOSITORY, root, name))) ||
  (!name.includes('/') && files.some((file) => file.startsWith('src/') && file.endsWith(`/${name}`)))

/** `./tracing.mjs` and the like are the reader's own. */
const OF_THE_READER = new Set(['instrumentation.ts', 'app.ts'])

test.each(PAGES)('every file of this repository that %s names exists', (page) => {
  const missing = filesNamedIn(page).filter((name) => !isFile(name) && !OF_THE_READER.has(name))
  expect(missing).toEqual([])
})

describe('docs/architecture.md', () => {
  const text = readFileSync(join(REPOSITORY, 'docs/architecture.md'), 'utf8')

  test('has ten common changes at least, each with files that exist', () => {
    const rows = text.split('\n').filter((line) => line.startsWith('| ') && line.includes('`'))
    expect(rows.length).toBeGreaterThanOrEqual(10)
    const missing = rows
      .flatMap((row) => [...row.matchAll(/`([\w-]+(?:\/[\w-]+)*\/?(?:\.\w+)?)`/g)].map(([, name = '']) => name))
      .filter((name) => name.includes('/') && !isFile(name))
    expect(missing).toEqual([])
  })

  test('draws the flows with files and folders that exist', () => {
    const pictures = [...text.matchAll(/^```\n([^]*?)^```/gm)].map(([, picture = '']) => picture).join('')
    const paths = pictures.match(/\b[\w-]+(?:\/[\w-]+)+/g) ?? []
    expect(paths.length).toBeGreaterThan(8)
    expect(paths.filter((path) => !isFile(path) && !isFile(`${path}.ts`))).toEqual([])
  })

  test('is no longer than a page or so', () => {
    expect(text.split('\n').length).toBeLessThanOrEqual(110)
  })
})
