import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { otlpSink } from '../helpers/otlp-sink.js'

const SHOP = new URL('../../examples/shop/', import.meta.url)
const TIMEOUT_MILLIS = 60_000

interface Span {
  service: string
  scope: string
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  startMillis: number
  endMillis: number
  error?: string
  attributes: Record<string, unknown>
}
interface LogEntry {
  name: string
  msg: string
  trace_id?: string
  span_id?: string
}
type Trace = Span[]

function startDemo(...args: string[]) {
  const demo = spawn(process.execPath, [fileURLToPath(new URL('demo.mjs', SHOP)), ...args], {
    // A process group of its own, so that a test can see whether anything of it is left.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return { demo, exitCode: once(demo, 'exit').then(([code]) => code as number | null) }
}

function isGroupAlive(leader: number | undefined): boolean {
  if (leader === undefined) throw new Error('the demo has not started')
  try {
    return process.kill(-leader, 0)
  } catch {
    return false
  }
}

test(
  'with --to sends the traces of its services to a backend',
  async () => {
    await using sink = await otlpSink()
    const { demo, exitCode } = startDemo('--to', sink.httpUrl)
    const [complaints, code] = await Promise.all([text(demo.stderr), exitCode])
    expect(code, complaints).toBe(0)
    const services = new Set(sink.spans().map(({ resource }) => resource.attributes['service.name']))
    expect(services).toEqual(new Set(['storefront', 'catalogue', 'payments']))
    expect(new Set(sink.spans().map(({ traceId }) => traceId)).size).toBe(4)
  },
  TIMEOUT_MILLIS,
)

describe('the traces of the demo', () => {
  let products: Trace, order: Trace, slowCheckout: Trace, declinedCheckout: Trace
  let traces: Trace[], logs: LogEntry[]

  beforeAll(async () => {
    const { demo, exitCode } = startDemo('--json')
    const [output, complaints, code] = await Promise.all([text(demo.stdout), text(demo.stderr), exitCode])
    expect(code, complaints).toBe(0)
    const printed = JSON.parse(output) as { traces: Trace[]; logs: LogEntry[] }
    ;({ traces, logs } = printed)
    ;[products, order, slowCheckout, declinedCheckout] = traces as [Trace, Trace, Trace, Trace]
  }, TIMEOUT_MILLIS)

  test('are one for each request, with one root and every parent there', () => {
    expect(traces).toHaveLength(4)
    for (const trace of traces) {
      const ids = new Set(trace.map((span) => span.spanId))
      expect(trace.filter((span) => span.parentSpanId === undefined).map((span) => span.service)).toEqual([
        'storefront',
      ])
      expect(trace.filter((span) => span.parentSpanId && !ids.has(span.parentSpanId))).toEqual([])
    }
  })

  test('show a page that asks one service and its database', () => {
    expect(treeOf(products)).toEqual([
      'storefront SERVER GET /products',
      '  storefront CLIENT GET',
      '    catalogue SERVER GET /products',
      '      catalogue CLIENT SELECT shop_demo.products',
    ])
  })

  test('show a checkout across all three services, each call as one CLIENT and one SERVER span', () => {
    expect(treeOf(slowCheckout)).toEqual([
      'storefront SERVER POST /checkout',
      '  storefront CLIENT POST',
      '    catalogue SERVER POST /quotes',
      '      catalogue INTERNAL price cart',
      '        catalogue CLIENT SELECT shop_demo.products',
      '  storefront INTERNAL take payment',
      '    storefront CLIENT POST',
      '      payments SERVER POST',
      '        payments INTERNAL fraud check',
      '        payments INTERNAL charge card',
      '        payments CLIENT INSERT shop_demo.payments',
      '  storefront CLIENT POST',
      '    catalogue SERVER POST /orders',
      '      catalogue CLIENT INSERT shop_demo.orders',
      '      catalogue CLIENT INSERT shop_demo.order_items',
    ])
  })

  test('show the N+1 queries as siblings under the request that made them', () => {
    const queries = order.filter(({ attributes }) => queryOf(attributes)?.startsWith('SELECT name'))
    expect(queries).toHaveLength(5)
    const [parent] = order.filter((span) => span.spanId === queries[0]?.parentSpanId)
    expect(parent).toMatchObject({ service: 'catalogue', name: 'GET /orders/:id' })
    expect(new Set(queries.map((span) => span.parentSpanId)).size).toBe(1)
  })

  test('show where the slow checkout spends its time', () => {
    const checks = slowCheckout.filter((span) => span.name === 'fraud check')
    expect(checks.map((span) => span.endMillis - span.startMillis)).toSatisfy(([millis = 0]: number[]) => millis > 290)
    expect(slowCheckout.filter((span) => span.error)).toEqual([])
  })

  test('show an error with its message in the service where it arose and in the one that called it', () => {
    const failed = declinedCheckout.filter((span) => span.scope === 'spanwright' && span.error)
    expect(failed.map(({ service, name, error }) => `${service} ${name}: ${error}`).sort()).toEqual([
      'payments charge card: card declined: insufficient funds',
      'storefront take payment: card declined: insufficient funds',
    ])
    const root = declinedCheckout.find((span) => span.parentSpanId === undefined)
    expect(root?.attributes).toMatchObject({ 'http.response.status_code': 402 })
  })

  test('are named by what the services log', () => {
    for (const [msg, trace] of [
      ['order placed', slowCheckout],
      ['payment failed', declinedCheckout],
    ] as const) {
      const entry = logs.find((each) => each.msg === msg)
      const span = trace.find((each) => each.spanId === entry?.span_id)
      expect(span).toMatchObject({ traceId: entry?.trace_id, service: entry?.name })
    }
  })
})

test(
  'with --view its traces are on the page: one N+1, one error and the slow part, each with a sentence that is true',
  async () => {
    const { demo, exitCode } = startDemo('--view')
    const lines = createInterface({ input: demo.stderr })
    const url = await new Promise<string>((resolve, reject) => {
      void exitCode.then((code) => reject(new Error(`the demo ended with ${code}`)))
      lines.on('line', (line) => {
        const [, address] = /^The traces are at (\S+) until/.exec(line) ?? []
        if (address !== undefined) resolve(address)
      })
    })
    const answer = await fetch(`${url}mcp`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name: 'get_findings', arguments: { format: 'json' } },
      }),
    })
    const { result } = (await answer.json()) as { result: { content: [{ text: string }] } }
    const findings = JSON.parse(result.content[0].text) as {
      id: string
      level: string
      sentence: string
      count: number
    }[]
    const sentences = (id: string): string[] =>
      findings.filter((finding) => finding.id === id).map(({ sentence }) => sentence)
    expect(sentences('error')).toEqual([expect.stringMatching(/^card declined: .* in payments `charge card`; it made/)])
    expect(sentences('n+1')).toEqual([
      expect.stringMatching(/^`GET \/orders\/:id` runs .* \d+ times, one after another/),
    ])
    // On a busy machine other parts are slow, too.
    expect(sentences('slow-part')).toContainEqual(expect.stringMatching(/^payments `fraud check` takes 3\d\d ms of /))

    demo.kill('SIGINT')
    expect(await exitCode).toBe(0)
    await vi.waitFor(() => expect(isGroupAlive(demo.pid)).toBe(false), 5_000)
  },
  TIMEOUT_MILLIS,
)

test('the services know nothing of tracing but withSpan', () => {
  for (const file of ['storefront.cjs', 'catalogue.mjs', 'payments.mjs']) {
    const code = readFileSync(new URL(file, SHOP), 'utf8')
    expect(code).toMatch(/withSpan } (?:= require\('spanwright'\)|from 'spanwright')/)
    expect(code).not.toMatch(/opentelemetry|trace_?id|traceparent|startTracing/i)
  }
})

test(
  'an interrupted demo takes everything down that it has started',
  async () => {
    const { demo, exitCode } = startDemo()
    let told = ''
    for await (const chunk of demo.stderr.setEncoding('utf8')) {
      told += String(chunk)
      if (told.includes('The shop is open')) demo.kill('SIGINT')
    }
    expect(told).toContain('The demo failed: stopped by SIGINT')
    expect(await exitCode).toBe(1)
    expect(isGroupAlive(demo.pid)).toBe(false)
  },
  TIMEOUT_MILLIS,
)

/** Spans of the frameworks' and the drivers' inner workings: right, but not what this test is about. */
function isPlumbing({ scope, attributes, kind, name }: Span): boolean {
  if (/instrumentation-(?:express|router|net)$/.test(scope)) return true
  return (
    scope.endsWith('instrumentation-pg') &&
    (kind !== 3 || queryOf(attributes) === undefined || name.includes('connect'))
  )
}

/** The trace as an indented list, in the order of starts; plumbing is left out, and what hangs below it moves up. */
function treeOf(trace: Trace, parentSpanId?: string, indent = ''): string[] {
  return trace
    .filter((span) => span.parentSpanId === parentSpanId)
    .flatMap((span) =>
      isPlumbing(span)
        ? treeOf(trace, span.spanId, indent)
        : [indent + labelOf(span), ...treeOf(trace, span.spanId, `${indent}  `)],
    )
}

const KINDS = ['', 'INTERNAL', 'SERVER', 'CLIENT']

function labelOf({ service, kind, name, attributes }: Span): string {
  const [, verb, table] = /^(\w+).*?(shop_demo\.\w+)/s.exec(queryOf(attributes) ?? '') ?? []
  return `${service} ${KINDS[kind]} ${table ? `${verb} ${table}` : name}`
}

function queryOf(attributes: Span['attributes']): string | undefined {
  return (attributes['db.query.text'] ?? attributes['db.statement']) as string | undefined
}
