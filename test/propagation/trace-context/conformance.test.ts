import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { REPOSITORY } from '../../helpers/traced-app.js'

/*
 * In docs/propagation/*conformance*.md the last cell of each row names tests: `name` (`test/file.test.ts`), or the cell before
 * has the file. A test in a describe can be `describe > name`. Names are as they are written in the file, with the
 * placeholders of test.each.
 */

const DOCUMENTS = globSync('docs/propagation/*conformance*.md', { cwd: REPOSITORY })
const read = (path: string) => readFileSync(`${REPOSITORY}/${path}`, 'utf8')

/** The cells of the rows of all tables, without their heads. */
function rowsOf(document: string): string[][] {
  const lines = document.split('\n')
  return lines
    .filter(
      (line, index) =>
        line.startsWith('|') && !/^\|[ :|-]+\|$/.test(line) && !/^\|[ :|-]+\|$/.test(lines[index + 1] ?? ''),
    )
    .map((line) =>
      line
        .replace(/^\||\|$/g, '')
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim().replaceAll('\\|', '|')),
    )
}

/** The tests that a row names: in its last cell, with the file behind them or, for all of them, in the cell before. */
function testsIn(row: string[]): { file: string; name: string }[] {
  const [before = '', last = ''] = row.slice(-2)
  const tests: { file: string; name: string }[] = []
  let names: string[] = []
  for (const [, span = ''] of `${last} ${before}`.matchAll(/`([^`]+)`/g)) {
    if (!/^test\/.*\.test\.ts$/.test(span)) names.push(span)
    else {
      tests.push(...names.map((name) => ({ file: span, name })))
      names = []
    }
  }
  return tests
}

/** Whether the file has a test, or a describe, of this name: a whole string that is the first argument of a call. */
function isTitleIn(source: string, title: string): boolean {
  return ["'", '"', '`'].some((quote) => {
    const literal = quote + title + quote
    for (let at = source.indexOf(literal); at !== -1; at = source.indexOf(literal, at + 1)) {
      if (/\(\s*$/.test(source.slice(Math.max(0, at - 20), at)) && source[at + literal.length] === ',') return true
    }
    return false
  })
}

test('there is a table of conformance', () => {
  expect(DOCUMENTS).toContain('docs/propagation/conformance.md')
})

test.each(DOCUMENTS)('each rule of %s names its tests, and there is each of them', (path) => {
  const rows = rowsOf(read(path))
  expect(rows.length).toBeGreaterThan(10)
  for (const row of rows) {
    const tests = testsIn(row)
    expect(tests.length, `tests of ${row.slice(0, 2).join(' ')}`).toBeGreaterThan(0)
    for (const { file, name } of tests) {
      const source = read(file)
      for (const title of name.split(' > ')) expect(isTitleIn(source, title), `${name} in ${file}`).toBe(true)
    }
  }
})
