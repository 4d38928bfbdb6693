// Starts the shop, sends it four requests, stops it, and shows the traces that they left.
// With --json it prints the traces and the log as JSON.
import { startDatabase } from './database.mjs'
import { faultsOf, receiveTraces } from './receive-traces.mjs'
import { showTrace } from './show-traces.mjs'
import { startService } from './start-service.mjs'

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

const running = []

/** Remembers what has to be stopped, whatever happens. */
function keep(part) {
  running.unshift(part)
  return part
}

async function demo() {
  console.error('Starting a database, three services and a trace backend …')
  const backend = keep(await receiveTraces())
  const database = keep(await startDatabase())
  const logs = []
  const start = (file, env) => keep(startService(file, { ...env, DATABASE_URL: database.url, ...backend.env }, logs))
  const [catalogue, payments] = [start('catalogue.mjs'), start('payments.mjs')]
  const [CATALOGUE_URL, PAYMENTS_URL] = await Promise.all([catalogue.url, payments.url])
  const storefront = start('storefront.cjs', { CATALOGUE_URL, PAYMENTS_URL })

  const url = await storefront.url
  console.error(`The shop is open at ${url}. Sending it ${REQUESTS.length} requests …`)
  for (const request of REQUESTS) await send(url, request)
  // As they end, the services send the spans that they still hold.
  await Promise.all([storefront.stop(), catalogue.stop(), payments.stop()])
  report(backend.traces(), logs)
}

async function send(url, { path, body, status }) {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url + path, body ? { method: 'POST', headers, body: JSON.stringify(body) } : {})
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

const interrupted = new Promise((resolve, reject) => {
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => reject(new Error(`stopped by ${signal}`)))
})
try {
  await Promise.race([demo(), interrupted])
} catch (error) {
  console.error(`The demo failed: ${error.message}`)
  process.exitCode = 1
}
for (const part of running) await part.stop().catch((error) => console.error(`While stopping: ${error.message}`))
if (process.exitCode) process.exit()
