// CPU time of the main thread that tracing adds to one call: of `http`, `fetch`, or of a driver, beside stock, and dd-trace where
// BENCH_DD_TRACE names a folder that has it. Processes live side by side and call in short blocks, in turn.
//   node bench/calls.mjs [http fetch pg mysql2 ioredis redis] [--blocks 40]
// BENCH_MYSQL_PORT and BENCH_REDIS_PORT name servers on 127.0.0.1 that ask for no password; PostgreSQL is started where it is installed.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { parseArgs } from 'node:util'
import { startBackend } from './delivery/backend.mjs'
import { median } from './delivery/figures.mjs'
import { inTurn, launch } from './delivery/launch.mjs'
import { preloadPeers } from './delivery/peers.mjs'
import { startPostgres } from './delivery/postgres.mjs'

const WARM_UP_CALLS = 3_000
const BLOCK_CALLS = 300

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { blocks: { type: 'string', default: '40' } },
})
const wanted = positionals.length > 0 ? positionals : ['http', 'fetch', 'pg', 'mysql2', 'ioredis', 'redis']
const backend = await startBackend()
const other = createServer((_request, response) => response.end('other')).listen(0, '127.0.0.1')
await once(other, 'listening')
const postgres = wanted.includes('pg') ? await startPostgres() : undefined
const ports = {
  http: other.address().port,
  fetch: other.address().port,
  pg: postgres?.port,
  mysql2: process.env.BENCH_MYSQL_PORT,
  ioredis: process.env.BENCH_REDIS_PORT,
  redis: process.env.BENCH_REDIS_PORT,
}
const kinds = wanted.filter((kind) => ports[kind] !== undefined)
for (const kind of wanted) if (!kinds.includes(kind)) console.log(`${kind}: skipped, there is no server`)

const processes = Object.entries(preloadPeers(backend.ports, 'http/protobuf')).map(([name, peer]) => ({
  name,
  ...launch(peer, 'calls.cjs', [JSON.stringify(ports)]),
}))
const ask = ({ child, message }, kind, count) => {
  child.send({ kind, count })
  return message()
}
const seen = {}
for (const one of processes) for (const kind of ['no call', ...kinds]) await ask(one, kind, WARM_UP_CALLS)
for (let block = 0; block < Number(values.blocks); block++) {
  for (const kind of ['no call', ...kinds]) {
    for (const one of inTurn(processes, block)) {
      ;((seen[kind] ??= {})[one.name] ??= []).push(await ask(one, kind, BLOCK_CALLS))
    }
  }
}

const addedTo = (kind, name) => {
  const above = (of, block) => seen[of][name][block] - seen[of].none[block]
  return median(seen[kind][name].map((_, block) => above(kind, block) - above('no call', block)))
}
/** Of the blocks that were least disturbed by what else the machine does. */
const lowest = (kind, name) => seen[kind][name].toSorted((a, b) => a - b)[Math.floor(Number(values.blocks) * 0.15)]
const lowestAddedTo = (kind, name) =>
  lowest(kind, name) - lowest(kind, 'none') - (lowest('no call', name) - lowest('no call', 'none'))

const rows = kinds.map((kind) => {
  const row = { call: kind, untraced: `${median(seen[kind].none).toFixed(1)} µs` }
  for (const { name } of processes) {
    if (name === 'none') continue
    const added = [addedTo(kind, name), lowestAddedTo(kind, name)]
    const shares = [added[0] / addedTo(kind, 'stock'), added[1] / lowestAddedTo(kind, 'stock')]
    row[name] = `${added[0].toFixed(1)} µs, ${shares.map((share) => share.toFixed(2)).join(' to ')} ×`
  }
  return row
})
console.table(rows)
for (const { child } of processes) child.kill('SIGKILL')
other.close()
other.closeAllConnections()
await postgres?.stop()
await backend.stop()
