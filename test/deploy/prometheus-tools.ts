import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Whether the machine has them; Debian's package is `prometheus`. */
export const hasPrometheus: boolean = spawnSync('promtool', ['--version']).status === 0

/** For the names of tests that are skipped elsewhere. */
export const NEEDS_PROMETHEUS = '(needs promtool and prometheus: apt-get install prometheus)'

export const deployFile = (name: string): string => fileURLToPath(new URL(`../../deploy/${name}`, import.meta.url))

/** Runs promtool; its exit code, and what it said. */
export function promtool(...args: string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' })
  return { status, said: stdout + stderr }
}

/** Whether Prometheus can parse each of the queries. */
export function checkQueries(queries: readonly string[]): { status: number | null; said: string } {
  const folder = mkdtempSync(join(tmpdir(), 'queries-'))
  try {
    const rules = queries.map((expr, index) => ({ record: `query:${index}`, expr }))
    // JSON is YAML.
    writeFileSync(join(folder, 'rules.yaml'), JSON.stringify({ groups: [{ name: 'queries', rules }] }))
    return promtool('check', 'rules', join(folder, 'rules.yaml'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}
