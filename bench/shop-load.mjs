// The shop of examples/shop under load, without spanwright and with it in turn: whether a span is lost, and what customers and the
// services' event loops feel of it. The build is what is measured. Ends with 1 when a span is lost or an answer is wrong.
//   node bench/shop-load.mjs [--seconds 300] [--rounds 3] [--per-second 20] [--json] [--docs]
// --seconds is for all rounds together; --docs writes the table into docs/load.md.
import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { median } from './delivery/figures.mjs'
import { startBackend, totalOf } from './delivery/backend.mjs'
import { openShop } from './shop/shop.mjs'
import { sendCustomers } from './shop/traffic.mjs'

const WARM_UP = { perSecond: 20, seconds: 3, seed: 99 }
const DOCUMENT = join(import.meta.dirname, '..', 'docs', 'load.md')

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '300' },
    rounds: { type: 'string', default: '3' },
    'per-second': { type: 'string', default: '20' },
    json: { type: 'boolean', default: false },
    docs: { type: 'boolean', default: false },
  },
})
const [seconds, rounds, perSecond] = [values.seconds, values.rounds, values['per-second']].map(Number)

/** One shop from its opening to its end. */
async function run(backend, isTraced, seed) {
  const tracedTo = isTraced && {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${backend.ports.http}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
  }
  await backend.forget()
  const shop = await openShop(tracedTo || undefined)
  await sendCustomers(shop.url, WARM_UP)
  await shop.ask('begin')
  const { customers, wrong, millis } = await sendCustomers(shop.url, {
    perSecond,
    seconds: seconds / (2 * rounds),
    seed,
  })
  const services = Object.values(await shop.ask('figures'))
  const ledgers = isTraced ? Object.values(await shop.ask('ledger')) : []
  await shop.close()
  const sum = (name) => ledgers.reduce((total, ledger) => total + ledger[name], 0)
  const arrived = isTraced ? await backend.arrived() : { arrived: {} }
  return {
    customers,
    wrong,
    p50: millis[millis.length >> 1],
    p99: millis[Math.floor(millis.length * 0.99)],
    delayP50: Math.max(...services.map(({ delayMillis }) => delayMillis.p50)),
    delayP99: Math.max(...services.map(({ delayMillis }) => delayMillis.p99)),
    delayMax: Math.max(...services.map(({ delayMillis }) => delayMillis.max)),
    cpuMillisPerCustomer: services.reduce((total, { cpuMillis }) => total + cpuMillis, 0) / customers,
    residentBytes: Math.max(...services.map(({ residentBytes }) => residentBytes)),
    // Probes ask while nothing is under way: what is open then was never ended.
    spans: { started: sum('started'), open: sum('open'), dropped: droppedIn(ledgers), arrived: totalOf(arrived) },
  }
}

function droppedIn(ledgers) {
  const names = Object.keys(ledgers[0] ?? {}).filter((name) => name.startsWith('dropped'))
  return ledgers.reduce((total, ledger) => total + names.reduce((sum, name) => sum + ledger[name], 0), 0)
}

const backend = await startBackend()
const seen = { without: [], with: [] }
for (let round = 0; round < rounds; round++) {
  for (const name of round % 2 === 0 ? ['without', 'with'] : ['with', 'without']) {
    seen[name].push(await run(backend, name === 'with', round + 1))
  }
}
await backend.stop()

const of = (name, key) => median(seen[name].map((one) => one[key]))
const total = (key) => seen.with.reduce((sum, { spans }) => sum + spans[key], 0)
const all = [...seen.without, ...seen.with]
const spans = { started: total('started'), arrived: total('arrived'), dropped: total('dropped'), open: total('open') }
const lost = spans.started - spans.arrived
const wrong = all.reduce((sum, one) => sum + one.wrong, 0)

const ms = (value) => `${value.toFixed(1)} ms`
const figures = [
  ['answer, median', 'p50', ms],
  ['answer, 99th percentile', 'p99', ms],
  ['event-loop delay, median (of the slowest service)', 'delayP50', ms],
  ['event-loop delay, 99th percentile', 'delayP99', ms],
  ['event-loop delay, longest', 'delayMax', ms],
  ['CPU time a customer, all services', 'cpuMillisPerCustomer', ms],
  ['resident memory, largest service', 'residentBytes', (value) => `${(value / 1e6).toFixed(0)} MB`],
].map(([figure, key, show]) => [
  figure,
  show(of('without', key)),
  show(of('with', key)),
  show(of('with', key) - of('without', key)),
])

function table() {
  const rows = [['', 'without', 'with', 'added'], ['---', '---', '---', '---'], ...figures]
  const customers = all.reduce((sum, one) => sum + one.customers, 0)
  return [
    `${customers} customers, ${perSecond} a second, in ${rounds} alternating rounds of ${(seconds / rounds / 2).toFixed(0)} s; Node.js`,
    `${process.version}, ${availableParallelism()} cores. ${spans.started} spans were started, ${spans.arrived} arrived, ${lost} lost; ${wrong} wrong answers.`,
    '',
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
  ].join('\n')
}

if (values.json) console.log(JSON.stringify({ seen, spans, lost, wrong }))
else console.log(table())
if (values.docs) {
  const text = readFileSync(DOCUMENT, 'utf8')
  const [begin, end] = ['<!-- figures -->\n', '\n<!-- end of figures -->']
  const [from, to] = [text.indexOf(begin) + begin.length, text.indexOf(end)]
  writeFileSync(DOCUMENT, `${text.slice(0, from)}\n${table()}\n${text.slice(to)}`)
}
process.exitCode = lost === 0 && spans.dropped === 0 && spans.open === 0 && wrong === 0 ? 0 : 1
