import { context, ROOT_CONTEXT, trace, TraceFlags } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { AlwaysOffSampler, TracerProvider as StockProvider } from '@opentelemetry/sdk-trace'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { localRootSpan, TracerProvider, withSpan } from '../../src/index.js'

beforeEach(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager())
})
afterEach(() => {
  context.disable()
  trace.disable()
})

const REMOTE = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: TraceFlags.SAMPLED,
  isRemote: true,
}

test('the local root is the span above all others in this process, below one of another process', async () => {
  trace.setGlobalTracerProvider(new TracerProvider())
  await context.with(trace.setSpanContext(ROOT_CONTEXT, REMOTE), () =>
    withSpan('request', async (request) => {
      expect(localRootSpan()).toBe(request)
      await withSpan('middleware', () =>
        withSpan('handler', async () => {
          await Promise.resolve()
          expect(localRootSpan()).toBe(request)
        }),
      )
      withSpan('another trace', { root: true }, (other) => expect(localRootSpan()).toBe(other))
    }),
  )
  expect(localRootSpan()).toBeUndefined()
})

test('where nothing is recorded, and under another SDK, there is none', () => {
  trace.setGlobalTracerProvider(new TracerProvider({ sampler: new AlwaysOffSampler() }))
  withSpan('not recorded', () => expect(localRootSpan()).toBeUndefined())
  trace.disable()
  trace.setGlobalTracerProvider(new StockProvider())
  withSpan('of another SDK', () => expect(localRootSpan()).toBeUndefined())
})
