// What the option `redact` costs a span: ten rules, five of names and five of patterns, on a span of an HTTP server with twelve
// attributes, three of which are other texts each time. CPU time of the main thread.
//   node bench/redact.mjs [--rounds 7]
// Each round is a process of its own, in turn. The build is what is measured.
import { trace } from '@opentelemetry/api'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { median, nanos } from './delivery/figures.mjs'

const SPANS = 200_000
const TEN_RULES = [
  'user.email',
  'card.*',
  { attributes: 'http.request.header.*', action: 'remove' },
  { attributes: 'user.id', action: 'hash', hashKey: 'bench' },
  { attributes: ['session.id', 'enduser.*'], replacement: '***' },
  /\b\d{13,16}\b/,
  /[\w.+-]{1,64}@[\w-]{1,63}\.[a-z]{2,}/,
  /AKIA[0-9A-Z]{16}/,
  /sk_live_[0-9a-zA-Z]{24}/,
  /\b\d{3}-\d{2}-\d{4}\b/,
]
const OPTIONS = { without: undefined, 'ten rules': TEN_RULES }

if (process.send) await measureOne(process.argv[2])
else await compare()

async function measureOne(name) {
  const { startTracing } = await import('spanwright')
  const idle = { onStart() {}, onEnd() {}, forceFlush: async () => {}, shutdown: async () => {} }
  startTracing({ redact: OPTIONS[name], spanProcessors: [idle], instrumentations: [] })
  const tracer = trace.getTracer('bench')
  let number = 0
  const make = () => {
    for (let made = 0; made < SPANS; made++) {
      number += 1
      const attributes = {
        'http.request.method': 'GET',
        'url.scheme': 'https',
        'server.address': 'shop.example.org',
        'server.port': 443,
        'network.peer.address': '10.0.0.7',
        'network.protocol.version': '1.1',
        'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0',
        'client.address': `10.1.${(number >> 8) & 255}.${number & 255}`,
        'url.path': `/items/${number}`,
        'user.id': `user-${number % 1_000}`,
      }
      const span = tracer.startSpan('GET', { kind: 1, attributes })
      span.setAttribute('http.response.status_code', 200)
      span.setAttribute('http.route', '/items/:id')
      span.updateName('GET /items/:id')
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
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '7' } } })
  const seen = { without: [], 'ten rules': [] }
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const name of Object.keys(seen)) {
      const child = fork(import.meta.filename, [name])
      const [[nanosPerSpan]] = await Promise.all([once(child, 'message'), once(child, 'exit')])
      seen[name].push(nanosPerSpan)
    }
  }
  const without = median(seen.without)
  const withRules = median(seen['ten rules'])
  console.log(`Node.js ${process.version}, medians of ${values.rounds} rounds`)
  console.table({ without: nanos(without), 'ten rules': nanos(withRules), 'added by them': nanos(withRules - without) })
}
