import { expect } from 'vitest'
import type { ReceivedSpan } from '../helpers/otlp-sink.js'
import { runNode } from '../helpers/run-node.js'
import { fixture, REPOSITORY } from '../helpers/traced-app.js'

/** The trace of the fixture `everything.mjs`. */
export interface SentTrace {
  readonly traceId: string
  readonly rootId: string
  readonly queryId: string
  /** When it was, in seconds since 1970. */
  readonly second: number
}

/** Runs the fixture in a process of its own under the one flag, and expects that it had nothing to say. */
export async function sendEverything(env: Readonly<Record<string, string>>): Promise<SentTrace> {
  const { stdout, stderr, exitCode } = await runNode({
    args: ['--import', 'spanwright/register', fixture('backends/everything.mjs')],
    cwd: REPOSITORY,
    env: { OTEL_NODE_RESOURCE_DETECTORS: 'env', ...env },
    timeoutMillis: 20_000,
  })
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
  return JSON.parse(stdout) as SentTrace
}

/** What a backend should have of it that keeps OTLP as it is. */
export function expectEverything(spans: readonly ReceivedSpan[], sent: SentTrace, service: string): void {
  const [root, query, ...others] = spans.toSorted((a, b) => Number(a.startUnixNano - b.startUnixNano))
  expect(others).toEqual([])
  const at = (micros: number): bigint => BigInt(sent.second) * 1_000_000_000n + BigInt(micros) * 1_000n
  const resource: unknown = expect.objectContaining({ 'service.name': service })
  expect(root).toMatchObject({
    traceId: sent.traceId,
    spanId: sent.rootId,
    parentSpanId: undefined,
    name: 'GET /orders/:id',
    kind: 'SERVER',
    startUnixNano: at(1),
    endUnixNano: at(1_501),
    attributes: { 'http.request.method': 'GET', 'http.response.status_code': 500, 'url.path': '/orders/7' },
    status: { code: 'ERROR', message: '' },
    resource: { attributes: resource },
    scope: { name: 'everything', version: '1.2.3' },
  })
  expect(query).toMatchObject({
    traceId: sent.traceId,
    spanId: sent.queryId,
    parentSpanId: sent.rootId,
    name: 'SELECT orders',
    kind: 'CLIENT',
    startUnixNano: at(20),
    endUnixNano: at(40),
    status: { code: 'ERROR', message: 'no such order' },
    links: [{ traceId: sent.traceId, spanId: sent.rootId, attributes: { why: 'of the same trace' } }],
  })
  expect(query?.attributes).toEqual({
    text: 'ü – 漢字 – 😀',
    empty: '',
    whole: 42,
    negative: -7,
    large: Number.MAX_SAFE_INTEGER,
    fraction: 0.25,
    yes: true,
    no: false,
    texts: ['a', 'b'],
    numbers: [1, 2, 3],
    fractions: [0.5, 1.5],
    booleans: [true, false],
  })
  // Jaeger has no order of events.
  expect(query?.events.toSorted((a, b) => Number(a.timeUnixNano - b.timeUnixNano))).toMatchObject([
    { name: 'first', timeUnixNano: at(25), attributes: { row: 1 } },
    { name: 'second', timeUnixNano: at(30), attributes: { last: true } },
    {
      name: 'exception',
      timeUnixNano: at(35),
      attributes: { 'exception.type': 'RangeError', 'exception.message': 'no such order' },
    },
  ])
}
