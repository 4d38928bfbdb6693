import { context, trace } from '@opentelemetry/api'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { nextInstrumentation } from '../../src/middleware/next.js'
import { startTracing } from '../../src/start-tracing.js'
import { runNode } from '../helpers/run-node.js'
import { fixture, REPOSITORY } from '../helpers/traced-app.js'
import { TestTracing } from '../spans/tracing.js'

describe('register', () => {
  const started: ReturnType<typeof startTracing>[] = []
  beforeEach(() => {
    for (const name of ['OTEL_TRACES_EXPORTER', 'OTEL_METRICS_EXPORTER', 'OTEL_LOGS_EXPORTER']) vi.stubEnv(name, 'none')
  })
  afterEach(async () => {
    vi.unstubAllEnvs()
    for (const tracing of started.splice(0)) await tracing.shutdown()
  })

  /** The handle of what runs already, or of what begins here. */
  const running = (): number => started.push(startTracing({ instrumentations: [] }))
  const isTraced = (): boolean => trace.getTracer('test').startSpan('probe').isRecording()

  test.each([['nodejs'], [undefined]])('starts tracing in the Node.js runtime (%s)', (runtime) => {
    vi.stubEnv('NEXT_RUNTIME', runtime)
    nextInstrumentation({ instrumentations: [] }).register()
    expect(isTraced()).toBe(true)
    running()
  })

  test('does nothing in the edge runtime', () => {
    vi.stubEnv('NEXT_RUNTIME', 'edge')
    nextInstrumentation({ instrumentations: [] }).register()
    expect(isTraced()).toBe(false)
  })

  test.each([
    ['leaves incoming requests to the spans of Next.js', {}, 0],
    ['unless the options want them', { disableIncomingRequestInstrumentation: false }, 1],
  ])('%s', async (_name, http, count) => {
    const { stdout, stderr } = await runNode({
      args: [fixture('middleware/next-register.mjs'), JSON.stringify(http)],
      cwd: REPOSITORY,
      env: { NEXT_RUNTIME: 'nodejs', OTEL_TRACES_EXPORTER: 'none', OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http' },
    })
    expect(stdout, stderr).toBe(`SERVER spans: ${count}\n`)
  })

  test('tells of wrong options', () => {
    vi.stubEnv('NEXT_RUNTIME', 'nodejs')
    expect(() => nextInstrumentation({ serviceNam: 'shop' } as never).register()).toThrow('serviceNam must be one of')
  })
})

describe('onRequestError', () => {
  test('puts the error with its causes on the current span', () => {
    const tracing = new TestTracing()
    const span = trace.getTracer('next.js').startSpan('GET /shop/[id]')
    const error = new Error('boom', { cause: new Error('the reason') })
    const { onRequestError } = nextInstrumentation()
    context.with(trace.setSpan(context.active(), span), () => {
      onRequestError(error)
      onRequestError(error)
    })
    span.end()
    const [exception, ...others] = tracing.named('GET /shop/[id]').events
    expect(exception?.attributes?.['exception.stacktrace']).toContain('Caused by: Error: the reason')
    expect(others).toEqual([])
  })

  test('without a span there is nothing to do', () => {
    expect(() => nextInstrumentation().onRequestError(new Error('boom'))).not.toThrow()
  })
})
