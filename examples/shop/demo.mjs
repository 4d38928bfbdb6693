// Starts the shop, sends it four requests, stops it, and shows the traces that they left.
// With --json it prints the traces and the log as JSON; with --view they are on the page of `spanwright view`; with
// --to http://localhost:4318 they go to whatever takes OTLP there, and with --all logs and metrics, too.
import { startDatabase } from './database.mjs'
import { faultsOf, receiveTraces } from './receive-traces.mjs'
import { showTrace } from './show-traces.mjs'
import { startService } from './start-service.mjs'
import { startViewer } from './start-viewer.mjs'

const REQUESTS = [
  { title: 'The list of products', path: '/products', status: 200 },
  { title: 'An order, read with one query for each item (N+1)', path: '/orders/A-1001', status: 200 },
  {
    title: 'A checkout that waits for a slow fraud check',
    path: '/checkout',
    body: { items: [{ sku: 'machine', quantity: 1 }], card: '4242424242424242' },
    status: 201,
  },
  {
    title: 'A checkout whose card is declined',
    path: '/checkout',
    body: { items: [{ sku: 'beans', quantity: 2 }], card: '4000000000000002' },
    status: 402,
  },
]

/** The trace context of a caller that has decided not to keep its trace. */
const UNSAMPLED_TRACE = '5b8efff798038103d269b633813fc60c'
const UNSAMPLED = `00-${UNSAMPLED_TRACE}-eee19b7ec3c1b174-00`

const running = []

/** Remembers what has to be stopped, whatever happens. */
function keep(part) {
  running.unshift(part)
  return part
}

async function demo() {
  console.error('Starting a database, three services and a trace backend …')
  if (process.argv.includes('--view')) {
    const viewer = keep(await startViewer())
    await trade(viewer.env, viewer.addLog)
    console.error(`\nThe traces are at ${viewer.url}/ until Ctrl-C.`)
    isWatched = true
    await viewer.ended
    return
  }
  const place = process.argv.indexOf('--to') + 1
  if (place > 0) {
    const endpoint = process.argv[place]
    if (!URL.canParse(endpoint)) throw new Error('--to needs the address of a backend: --to http://localhost:4318')
    const others = process.argv.includes('--all') && { OTEL_LOGS_EXPORTER: 'otlp', OTEL_METRICS_EXPORTER: 'otlp' }
    await trade({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...others }, () => undefined)
    console.error(`\nThe traces have gone to ${endpoint}.`)
    return
  }
  const backend = keep(await receiveTraces())
  const logs = []
  await trade(backend.env, (entry) => logs.push(entry))
  report(backend.traces(), logs)
}

/** Opens the shop, sends it the requests, and closes it. */
async function trade(backendEnv, addLog) {
  const database = keep(await startDatabase())
  const addTraced = (entry) => entry.trace_id !== UNSAMPLED_TRACE && addLog(entry)
  const start = (file, env) =>
    keep(startService(file, { ...env, DATABASE_URL: database.url, ...backendEnv }, addTraced))
  const [catalogue, payments] = [start('catalogue.mjs'), start('payments.mjs')]
  const [CATALOGUE_URL, PAYMENTS_URL] = await Promise.all([catalogue.url, payments.url])
  const storefront = start('storefront.cjs', { CATALOGUE_URL, PAYMENTS_URL })

  const url = await storefront.url
  console.error(`The shop is open at ${url}. Sending it ${REQUESTS.length} requests …`)
  // Once without traces: what a service does for its first request alone is not what these are to show.
  for (const request of REQUESTS) await send(url, request, { traceparent: UNSAMPLED })
  for (const request of REQUESTS) await send(url, request)
  // As they end, the services send the spans that they still hold.
  await Promise.all([storefront.stop(), catalogue.stop(), payments.stop()])
}

async function send(url, { path, body, status }, traceContext = {}) {
  const headers = { 'content-type': 'application/json', ...traceContext }
  const response = await fetch(url + path, body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers })
  const answer = await response.text()
  if (response.status !== status) throw new Error(`${path} answered ${response.status}, not ${status}: ${answer}`)
}

function report(traces, logs) {
  if (process.argv.includes('--json')) console.log(JSON.stringify({ traces, logs }))
  else traces.forEach((trace, index) => console.log(`\n${REQUESTS[index]?.title}\n${showTrace(trace, logs)}`))

  const faults = traces.flatMap(faultsOf)
  if (traces.length !== REQUESTS.length) faults.push(`${traces.length} traces of ${REQUESTS.length} requests`)
  if (faults.length > 0) throw new Error(`the traces are not right: ${faults.join('; ')}`)
  console.error(`\n${traces.length} requests, ${traces.length} traces, every parent right.`)
}

/** Whether somebody looks at the page: then a signal is how the demo ends. */
let isWatched = false
const interrupted = new Promise((resolve, reject) => {
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => (isWatched ? resolve() : reject(new Error(`stopped by ${signal}`))))
  }
})
try {
  await Promise.race([demo(), interrupted])
} catch (error) {
  console.error(`The demo failed: ${error.message}`)
  process.exitCode = 1
}
for (const part of running) await part.stop().catch((error) => console.error(`While stopping: ${error.message}`))
if (process.exitCode) process.exit()
