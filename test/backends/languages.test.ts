import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { otlpSink, type OtlpSink, type ReceivedSpan } from '../helpers/otlp-sink.js'
import { waitForSpans } from './collector.js'
import { has, needs } from './programs.js'
import { ask, startChain, type Answer } from './services.js'

describe.skipIf(!has('python', 'go'))(`Node.js, Python, Go, Node.js are one trace ${needs('python', 'go')}`, () => {
  let sink: OtlpSink
  beforeAll(async () => {
    sink = await otlpSink()
  })
  afterAll(() => sink.close())

  test.each(['tracecontext', 'b3', 'b3multi', 'jaeger', 'xray'])(
    'by %s, with right parents, kept by all or by none',
    async (propagator) => {
      await using services = new AsyncDisposableStack()
      const env = (service: string): Record<string, string> => ({
        OTEL_SERVICE_NAME: `${service} ${propagator}`,
        OTEL_PROPAGATORS: propagator,
        OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
        OTEL_BSP_SCHEDULE_DELAY: '100',
        OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
        OTEL_TRACES_SAMPLER_ARG: '0.5',
        // Without the connections below a request.
        OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http,undici',
      })
      const first = await startChain(services, [
        { language: 'node', env: env('first') },
        { language: 'python', env: env('python') },
        { language: 'go', env: env('go') },
        { language: 'node', env: env('last') },
      ])
      const answers = await askUntilBoth(() => ask(first))
      for (const { isSampled, traceId, next: python } of answers) {
        const go = python?.next
        expect([python, go, go?.next].map((answer) => answer?.service)).toEqual(['python', 'go', 'node'])
        for (const answer of [python, go, go?.next]) expect(answer).toMatchObject({ traceId, isSampled })
      }
      const ids = new Set(answers.filter(({ isSampled }) => isSampled).map(({ traceId }) => traceId))
      const mine = (): ReceivedSpan[] =>
        sink
          .spans()
          .filter(({ resource }) => JSON.stringify(resource.attributes['service.name']).endsWith(` ${propagator}"`))
      const spans = await waitForSpans(mine, 7 * ids.size)
      // Nothing of the traces that were not kept: by none of the four.
      expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(ids)
      for (const id of ids) expectChain(spans.filter(({ traceId }) => traceId === id))
    },
    90_000,
  )
})

/** Some that are kept, and some that are not. */
async function askUntilBoth(askOnce: () => Promise<Answer>): Promise<readonly Answer[]> {
  const answers: Answer[] = []
  while (answers.length < 8 || new Set(answers.map(({ isSampled }) => isSampled)).size < 2)
    answers.push(await askOnce())
  return answers
}

/** Each span is the child of the one before: server, client, server, client … */
function expectChain(spans: readonly ReceivedSpan[]): void {
  const kinds: string[] = []
  for (let span = spans.find(({ parentSpanId }) => parentSpanId === undefined); span;) {
    kinds.push(span.kind)
    const { spanId } = span
    const children = spans.filter(({ parentSpanId }) => parentSpanId === spanId)
    expect(children.length).toBeLessThan(2)
    span = children[0]
  }
  expect(kinds).toEqual(['SERVER', 'CLIENT', 'SERVER', 'CLIENT', 'SERVER', 'CLIENT', 'SERVER'])
  expect(spans).toHaveLength(kinds.length)
}
