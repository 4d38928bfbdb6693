// The results as a file, and the page that is written from them.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { barChart } from './page/chart.mjs'
import { benchmarksPage } from './page/page.mjs'
import { PEERS } from './peers.mjs'
import { ROWS } from './rows/index.mjs'

export function readResults(file) {
  return JSON.parse(readFileSync(file, 'utf8'))
}

/** Numbers with four digits that count: the rest is noise. */
export function writeResults(file, results) {
  const short = (_key, value) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value)
  return writeFormatted(file, JSON.stringify(results, short))
}

/** Writes `benchmarks.md` into that folder, and its charts beside it, in `images/`. */
export async function writePage(folder, results) {
  const { text, charts } = benchmarksPage({ rows: ROWS, peers: PEERS, results })
  mkdirSync(join(folder, 'images'), { recursive: true })
  for (const [name, chart] of Object.entries(charts)) writeFileSync(join(folder, `images/${name}.svg`), barChart(chart))
  await writeFormatted(join(folder, 'benchmarks.md'), text)
}

async function writeFormatted(file, text) {
  mkdirSync(dirname(file), { recursive: true })
  const options = await resolveConfig(join(import.meta.dirname, '../../package.json'))
  writeFileSync(file, await format(text, { ...options, filepath: file }))
}
