import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags, type Tracer } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor as StockBatchSpanProcessor } from '@opentelemetry/sdk-trace'
import { describe, expect, onTestFinished, test } from 'vitest'
import { BatchSpanProcessor } from '../../../src/export/pipeline/batch-span-processor.js'
import { assertLedgerAddsUp } from '../../helpers/ledger.js'
import { otlpSink, type OtlpProtocol, type OtlpSink } from '../../helpers/otlp-sink.js'
import { stockExporter } from '../../helpers/otlp-sink/stock-tracing.js'
import { environmentFor, PROTOCOLS, startNodeSdk, startTracingTo, withEnv } from './rig.js'

/** Spans with everything that a span can have, in two scopes. */
function makeSpans(tracerOf: (name: string) => Tracer): void {
  const [shop, db] = [tracerOf('shop'), tracerOf('db')]
  const spanContext = {
    traceId: '1'.repeat(32),
    spanId: '2'.repeat(16),
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
  }
  const root = shop.startSpan('GET /cart', {
    kind: SpanKind.SERVER,
    attributes: { text: 'é €', count: 3, ratio: 0.25, big: 2 ** 53, yes: true, list: ['a', 'b'], numbers: [1, 2.5] },
    links: [{ context: spanContext, attributes: { why: 'batch' } }],
  })
  const child = db.startSpan('SELECT cart', { kind: SpanKind.CLIENT }, trace.setSpan(ROOT_CONTEXT, root))
  child.addEvent('retry', { attempt: 2 })
  child.recordException(new Error('no such table'))
  child.setStatus({ code: SpanStatusCode.ERROR, message: 'no such table' })
  child.end()
  root.end()
  shop.startSpan('of a remote parent', {}, trace.setSpanContext(ROOT_CONTEXT, spanContext)).end()
}

/** What the first request of each sink said. */
const messages = (...sinks: OtlpSink[]): unknown[] => sinks.map(({ requests }) => requests[0]?.message)

async function twoSinks(): Promise<[OtlpSink, OtlpSink]> {
  const sinks: [OtlpSink, OtlpSink] = [await otlpSink(), await otlpSink()]
  onTestFinished(() => Promise.all(sinks.map((sink) => sink.close())).then(() => undefined))
  return sinks
}

describe.each(PROTOCOLS)('over %s the backend is sent what the SDK would send it', (protocol: OtlpProtocol) => {
  test.each([true, false])('from a plain NodeSDK, with exportThread: %s', async (exportThread) => {
    const [stockSink, sink] = await twoSinks()
    const own = withEnv(environmentFor(sink, protocol), () => new BatchSpanProcessor({ exportThread }))
    const stockProcessor = new StockBatchSpanProcessor({ exporter: stockExporter(protocol, stockSink) })
    const resource = resourceFromAttributes({ 'service.name': 'shop' }, { schemaUrl: 'https://e.org/resource' })
    const sdk = startNodeSdk([stockProcessor, own], { resource })
    makeSpans((name) => trace.getTracer(name, '1.2.3'))
    await sdk.shutdown()
    const [stock, ours] = messages(stockSink, sink)
    expect(stock).toBeDefined()
    expect(ours).toEqual(stock)
    expect(sink.requests).toMatchObject([{ protocol }])
    // Over http/json both have a key in the resource that the schema does not know.
    expect(sink.faults.map(({ reason }) => reason)).toEqual(stockSink.faults.map(({ reason }) => reason))
    expect(own.ledger()).toMatchObject({ started: 3, exported: 3 })
    assertLedgerAddsUp(own.ledger())
  })

  test('under startTracing', async () => {
    const [stockSink, sink] = await twoSinks()
    const stockProcessor = new StockBatchSpanProcessor({ exporter: stockExporter(protocol, stockSink) })
    const tracing = startTracingTo(sink, protocol, { spanProcessors: [stockProcessor, 'auto'] })
    makeSpans((name) => trace.getTracer(name, '1.2.3'))
    await tracing.flush()
    await stockProcessor.forceFlush()
    const [stock, ours] = messages(stockSink, sink)
    expect(stock).toBeDefined()
    expect(ours).toEqual(stock)
    expect(sink.faults).toEqual([])
    expect(tracing.ledger()).toMatchObject({ started: 3, exported: 3 })
  })

  test("the SDK's own exporter, handed to the processor, sends it too", async () => {
    const [stockSink, sink] = await twoSinks()
    const own = new BatchSpanProcessor({ exporter: stockExporter(protocol, sink) })
    const stockProcessor = new StockBatchSpanProcessor({ exporter: stockExporter(protocol, stockSink) })
    const sdk = startNodeSdk([stockProcessor, own])
    makeSpans((name) => trace.getTracer(name))
    await sdk.shutdown()
    const [stock, ours] = messages(stockSink, sink)
    expect(stock).toBeDefined()
    expect(ours).toEqual(stock)
    expect(own.ledger()).toMatchObject({ started: 3, exported: 3 })
    assertLedgerAddsUp(own.ledger())
  })
})
