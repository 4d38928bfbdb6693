// What a span costs at each tier, by the real programs and the files of deploy/, and what that means for a fleet. Prints the tables
// of docs/scaling.md; with --write it writes them there. Takes three minutes; Linux.
// SPANWRIGHT_BENCH_SECONDS and SPANWRIGHT_BENCH_RATE ask for less.
import { readFileSync, writeFileSync } from 'node:fs'
import { measureTiers } from './tiers/measure.mjs'
import { figuresTable, limitsTable, modelTable, withTables } from './tiers/page.mjs'

const page = new URL('../docs/scaling.md', import.meta.url)
const figures = await measureTiers({
  spansASecond: Number(process.env.SPANWRIGHT_BENCH_RATE ?? 10_000),
  seconds: Number(process.env.SPANWRIGHT_BENCH_SECONDS ?? 15),
  log: (text) => console.error(text),
})
console.log([figuresTable, limitsTable, modelTable].map((make) => make(figures)).join('\n'))
if (process.argv.includes('--write')) writeFileSync(page, withTables(readFileSync(page, 'utf8'), figures))
process.exit()
