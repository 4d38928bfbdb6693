import { SpanStatusCode, type Link, type Span, type SpanOptions } from '@opentelemetry/api'
import { InMemorySpanExporter, SamplingDecision, SimpleSpanProcessor } from '@opentelemetry/sdk-trace'
import { expect, test } from 'vitest'
import { randomIds } from '../../src/tracer/random-ids.js'
import { TracerProvider } from '../../src/tracer/tracer-provider.js'

const exporter = new InMemorySpanExporter()
const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
const tracer = provider.getTracer('app')
const LINK: Link = { context: { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 } }

const unreadable = (): object => ({
  get message(): string {
    throw new Error('not to be read')
  },
})

test.each<[string, (span: Span) => unknown]>([
  ['addLink(undefined)', (span) => span.addLink(undefined as never)],
  ['addLink() of what has no context', (span) => span.addLink({} as never)],
  ['addLinks(undefined)', (span) => span.addLinks(undefined as never)],
  ['setStatus(undefined)', (span) => span.setStatus(undefined as never)],
  ['recordException() of what can not be read', (span) => span.recordException(unreadable() as never)],
  ['setAttributes(null)', (span) => span.setAttributes(null as never)],
])('%s changes nothing, and never throws', (_, call) => {
  exporter.reset()
  const span = tracer.startSpan('fine')
  call(span)
  span.end()
  expect(exporter.getFinishedSpans()).toMatchObject([
    { name: 'fine', links: [], events: [], attributes: {}, status: { code: SpanStatusCode.UNSET } },
  ])
})

test('a span is started with the links that are some, and without options where they are null', () => {
  exporter.reset()
  const links = [undefined, LINK, 7, null] as unknown as Link[]
  tracer.startSpan('linked', { links }).end()
  tracer.startSpan('bare', null as unknown as SpanOptions).end()
  expect(exporter.getFinishedSpans()).toMatchObject([
    { name: 'linked', links: [LINK] },
    { name: 'bare', links: [] },
  ])
})

test('where no span can be started, the app gets one that records nothing, and the sampler has decided about none', () => {
  let asked = 0
  const failing = new TracerProvider({
    sampler: {
      shouldSample() {
        asked += 1
        return { decision: SamplingDecision.RECORD_AND_SAMPLED }
      },
    },
    idGenerator: {
      ...randomIds(),
      generateSpanId() {
        throw new Error('no more ids')
      },
    },
  })
  const span = failing.getTracer('app').startSpan('never')
  expect(span.isRecording()).toBe(false)
  expect(failing.getTracer('app').startActiveSpan('never', () => 'done')).toBe('done')
  expect(asked).toBe(0)
})
