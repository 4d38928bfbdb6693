import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'vitest'
import type { Reporter, TestCase, TestModule } from 'vitest/node'

declare module 'vitest' {
  interface TaskMeta {
    /** What a test of the matrix ran with, in words. */
    versions?: string
  }
}

/** Notes what the test runs with; the table shows it. */
export function ranWith(context: TestContext, versions: string): void {
  context.task.meta.versions = versions
}

const DOCUMENT = join(import.meta.dirname, '..', '..', 'docs', 'compatibility.md')
const HEAD = '| what | with | outcome |\n| --- | --- | --- |\n'

/** Prints a row for each test; with SPANWRIGHT_MATRIX_DOCS=1 writes those that ran into docs/compatibility.md. */
export default class Table implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap(({ children }) => [...children.allTests()])
    const rows = tests.map((test): Row => [test.name, test.meta().versions ?? '', outcomeOf(test)])
    const width = Math.max(0, ...rows.map(([name]) => name.length))
    for (const [name, versions, outcome] of rows)
      console.log(`${name.padEnd(width)}  ${outcome.padEnd(6)}  ${versions}`)
    if (process.env.SPANWRIGHT_MATRIX_DOCS === '1') document(rows)
  }
}

type Row = [name: string, versions: string, outcome: string]

function outcomeOf(test: TestCase): string {
  const result = test.result()
  return result.state === 'skipped' ? `not run: ${result.note ?? 'not asked for'}` : result.state
}

/** Rows that did not run this time stay as they were. */
function document(rows: readonly Row[]): void {
  const text = readFileSync(DOCUMENT, 'utf8')
  const start = text.search(/^\| what /m)
  const end = text.indexOf('\n\n', start)
  const before = text
    .slice(start, end)
    .split('\n')
    .slice(2)
    .map(
      (line) =>
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()) as Row,
    )
  const ran = rows.filter(([, , outcome]) => !outcome.startsWith('not run'))
  const all = new Map([...before, ...ran].map((row) => [row[0], row]))
  const table = HEAD + [...all.values()].map((row) => `| ${row.join(' | ')} |`).join('\n')
  writeFileSync(DOCUMENT, text.slice(0, start) + table + text.slice(end))
}
