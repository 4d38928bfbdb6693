// What it costs to bring a span to the current semantic conventions: CPU time of the main thread, beside spans that are left as they are.
//   node bench/conventions.mjs [--rounds 9]
// Each round is a process of its own, in turn. The build is what is measured.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { median, nanos } from './delivery/figures.mjs'

const SPANS = 200_000
const SCOPES = {
  'left alone': 'bench',
  'a query of mysql2': '@opentelemetry/instrumentation-mysql2',
  'a call of gRPC': '@opentelemetry/instrumentation-grpc',
}
const QUERY = {
  'db.system.name': 'mysql',
  'db.query.text': 'SELECT id, name FROM users WHERE id = ? ORDER BY name',
  'server.address': 'db',
  'server.port': 3306,
}
const CALL = { 'rpc.system': 'grpc', 'rpc.service': 'shop.Items', 'rpc.method': 'Get', 'server.address': 'api' }

if (process.send) await measureOne(process.argv[2], process.argv[3])
else await compare()

async function measureOne(scope, isQuery) {
  const { startTracing } = await import('spanwright')
  const { trace } = await import('@opentelemetry/api')
  const nothing = async () => {}
  const idle = { onStart() {}, onEnd() {}, forceFlush: nothing, shutdown: nothing }
  process.env.OTEL_TRACES_EXPORTER = 'none'
  startTracing({ instrumentations: [], spanProcessors: [idle] })
  const tracer = trace.getTracer(scope)
  const [name, attributes] = isQuery === 'query' ? ['SELECT', QUERY] : ['grpc.shop.Items/Get', CALL]
  const make = () => {
    for (let made = 0; made < SPANS; made++) {
      const span = tracer.startSpan(name, { kind: 2, attributes })
      if (isQuery !== 'query') span.setAttribute('rpc.grpc.status_code', 0)
      span.end()
    }
  }
  make()
  const before = process.threadCpuUsage()
  make()
  const { user, system } = process.threadCpuUsage(before)
  process.send(((user + system) * 1_000) / SPANS, () => process.exit())
}

async function compare() {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '9' } } })
  for (const kind of ['query', 'call']) {
    const scopes = Object.entries(SCOPES).filter(([label]) => label === 'left alone' || label.includes(kind))
    const seen = Object.fromEntries(scopes.map(([label]) => [label, []]))
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const [label, scope] of scopes) {
        const child = fork(import.meta.filename, [scope, kind])
        const [[nanosPerSpan]] = await Promise.all([once(child, 'message'), once(child, 'exit')])
        seen[label].push(nanosPerSpan)
      }
    }
    console.log(`attributes of a ${kind}`)
    console.table(Object.fromEntries(Object.entries(seen).map(([label, all]) => [label, nanos(median(all))])))
  }
}
