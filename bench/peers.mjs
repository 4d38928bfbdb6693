// spanwright beside other tracers, side by side. Installs them outside of the repository (again only where versions change), measures,
// and writes docs/benchmarks.md, its charts and bench/peers/results.json. The build is what is packed and measured.
//   node bench/peers.mjs [--only boot,exits] [--peers none,stock,spanwright] [--rounds N] [--quick] [--folder DIR] [--out DIR]
//   node bench/peers.mjs --render bench/peers/results.json
// --only     these rows; what was measured of the others stays
// --quick    one round of each row, written into a temporary folder
// --out      where results.json and docs/ go instead of this repository
// --render   writes the page from results, and measures nothing
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cpus, loadavg, release, tmpdir, totalmem, type } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startPostgres } from './delivery/postgres.mjs'
import { startBackend } from './peers/backend.mjs'
import { defaultFolder, installPeers } from './peers/install.mjs'
import { PEERS } from './peers/peers.mjs'
import { readResults, writePage, writeResults } from './peers/results.mjs'
import { reasonOf } from './peers/run.mjs'
import { ROWS } from './peers/rows/index.mjs'

const REPOSITORY = join(import.meta.dirname, '..')
const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    peers: { type: 'string' },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    folder: { type: 'string', default: defaultFolder() },
    out: { type: 'string' },
    render: { type: 'string' },
  },
})

/** Of a list on the command line; all of them without one. */
function chosen(all, list, nameOf) {
  const names = list?.split(',') ?? all.map(nameOf)
  const unknown = names.filter((name) => !all.some((one) => nameOf(one) === name))
  if (unknown.length > 0) throw new Error(`${unknown.join(', ')}: there are ${all.map(nameOf).join(', ')}`)
  return all.filter((one) => names.includes(nameOf(one)))
}

const out = options.out ?? (options.quick ? join(tmpdir(), 'spanwright-peers-quick') : undefined)
const resultsFile = out ? join(out, 'results.json') : join(REPOSITORY, 'bench/peers/results.json')
const docsFolder = out ?? join(REPOSITORY, 'docs')

if (options.render) await writePage(docsFolder, readResults(options.render))
else await measureAll()

async function measureAll() {
  const rows = chosen(ROWS, options.only, ({ key }) => key).filter(({ measure }) => measure)
  const wanted = chosen(PEERS, options.peers, ({ name }) => name)
  const installed = await installPeers(
    options.folder,
    wanted.map(({ name }) => name),
  )
  const peers = wanted.map((peer) => ({ ...peer, ...installed[peer.name] })).filter(({ failure }) => !failure)
  for (const [name, { failure }] of Object.entries(installed)) if (failure) console.error(`${name} ${failure}`)
  const [backend, postgres] = [await startBackend(options.folder), await startPostgres()]
  const before =
    options.only && existsSync(resultsFile) ? readResults(resultsFile) : { rows: {}, versions: {}, failures: {} }
  const results = { ...describe(installed, postgres, before), rows: before.rows }
  for (const row of rows) {
    results.rows[row.key] = await measureRow(row, { peers, backend, postgres })
    await writeResults(resultsFile, results)
  }
  await backend.stop()
  await postgres?.stop()
  await writePage(docsFolder, results)
  console.error(`written: ${resultsFile}, ${join(docsFolder, 'benchmarks.md')}`)
}

async function measureRow(row, context) {
  const rounds = Number(options.rounds ?? (options.quick ? 1 : row.rounds))
  const begun = performance.now()
  const [before] = loadavg()
  const measured = await row
    .measure({ ...context, rounds })
    .catch((error) => ({ samples: {}, skipped: reasonOf(error) }))
  const { samples, dashes = {}, skipped } = measured
  const seconds = (performance.now() - begun) / 1_000
  console.error(`${row.key}: ${rounds} rounds, ${seconds.toFixed(0)} s${skipped ? `, skipped: ${skipped}` : ''}`)
  return {
    samples,
    dashes,
    ...(skipped && { skipped }),
    rounds,
    seconds,
    load: { before, after: loadavg()[0] },
    measuredAt: new Date().toISOString(),
  }
}

function describe(installed, postgres, before) {
  const entries = Object.entries(installed)
  const pick = (key) => Object.fromEntries(entries.flatMap(([name, one]) => (one[key] ? [[name, one[key]]] : [])))
  return {
    machine: {
      cpu: cpus()[0].model,
      cores: cpus().length,
      memoryGB: Math.round(totalmem() / 2 ** 30),
      system: `${type()} ${/^\d+\.\d+/.exec(release())?.[0] ?? ''}`,
      node: process.version,
      ...(postgres && { postgres: execFileSync('psql', ['--version'], { encoding: 'utf8' }).trim() }),
    },
    versions: { ...before.versions, ...pick('versions') },
    failures: pick('failure'),
  }
}
