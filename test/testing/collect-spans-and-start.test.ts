import { trace } from '@opentelemetry/api'
import { afterEach, expect, test, vi } from 'vitest'
import { collectSpans, startTracing, type Tracing } from '../../src/index.js'

let tracing: Tracing | undefined
afterEach(async () => {
  await tracing?.shutdown()
})

test('an app that starts tracing while a test collects spans says nothing, and its spans are collected', async () => {
  const write = vi.spyOn(process.stderr, 'write')
  const spans = collectSpans()
  tracing = startTracing({ traceExporter: 'none' })
  trace.getTracer('app').startSpan('work').end()
  expect(spans.named('work').name).toBe('work')
  await tracing.flush()
  await spans.stop()
  expect(write).not.toHaveBeenCalled()
})
