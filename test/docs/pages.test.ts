import { globSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { REPOSITORY } from '../helpers/traced-app.js'
import { blocksOf, comparable, commandsOf, fileNameOf, promisedSpans } from './blocks.js'
import { doAsThePageSays, PageRun } from './page-run.js'

/** The pages for readers with a task. Code of the reference pages is fragments, which test/package/snippets.test.ts compiles. */
const PAGES = [
  'README.md',
  ...globSync(['docs/{getting-started,how-to,migration}/*.md', 'docs/{concepts,finding-problems,production}.md'], {
    cwd: REPOSITORY,
  }).sort(),
]

const LANGUAGES = new Set(['js', 'ts', 'sh', 'json', 'yaml', 'dockerfile', 'text'])

describe.each(PAGES.map((page) => ({ page, blocks: blocksOf(page) })))('$page', ({ page, blocks }) => {
  test('has blocks whose fate is known', () => {
    const unknown = blocks.filter(({ language, words, code }) => {
      if (!LANGUAGES.has(language)) return true
      const isData = language !== 'js' && language !== 'ts' && language !== 'sh'
      const isMarked = words.some((word) => ['output', 'fragment', 'example'].includes(word))
      return isData && !isMarked && fileNameOf({ page, line: 0, language, words, code }) === undefined
    })
    expect(unknown.map(({ line }) => `${page}:${line}`)).toEqual([])
  })

  test('does what it says', async () => {
    await using run = await PageRun.start(blocks)
    await doAsThePageSays(run, blocks)
    const names = () => new Set(run.sink.spans().map(({ name }) => name))
    await expect.poll(() => promisedSpans(page).filter((name) => !names().has(name)), { timeout: 5_000 }).toEqual([])
    expect(run.sink.faults).toEqual([])
  }, 120_000)
})

describe('what is read of a block', () => {
  const block = (code: string, words: string[] = []) => ({ page: 'a.md', line: 1, language: 'sh', words, code })

  test('is the name of a file in its first line', () => {
    expect(fileNameOf(block('// tracing.mjs\nstart()\n'))).toBe('tracing.mjs')
    expect(fileNameOf(block('// src/app.ts: the app\n'))).toBe('src/app.ts')
    expect(fileNameOf(block('{}\n', ['package.json']))).toBe('package.json')
    expect(fileNameOf(block('start()\n'))).toBeUndefined()
  })

  test('are its commands, joined, without comments and installing', () => {
    const code = 'npm install spanwright\n# first\nA=1 \\\n  node app.mjs   # traces\n'
    expect(commandsOf(block(code))).toEqual(['A=1 node app.mjs'])
  })

  test('is its output without what differs in each run', () => {
    const one =
      'trace bff6a15c693a26f52bec424eaa98c1b5  22 ms  3 spans  shop  2026-12-01T02:49:52.625Z\nGET  7.1 ms ██▒▒\n'
    const other =
      'trace 4bf92f3577b34da6a3ce929d0e0e4736  4 ms  3 spans  shop  2025-12-01T02:49:52.625Z\n\nGET 950 µs  ▒\n'
    expect(comparable(one)).toEqual(comparable(other))
  })
})
