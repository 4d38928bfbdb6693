import {
  defaultTextMapGetter,
  defaultTextMapSetter,
  ROOT_CONTEXT,
  trace,
  TraceFlags,
  type Context,
} from '@opentelemetry/api'
import { describe, expect, test } from 'vitest'
import { TracingConfigError } from '../../../src/internal/checks/validate.js'
import { thresholdIn } from '../../../src/internal/trace-state/threshold.js'
import { alwaysOff } from '../../../src/sampling/samplers/always.js'
import { DecisionLog } from '../../../src/sampling/runtime/decision-log.js'
import { checkForce, forcedSampler, forcePropagator } from '../../../src/sampling/runtime/force.js'
import { SwitchableSampler } from '../../../src/sampling/runtime/switchable.js'
import { remoteParent, TailTracing } from '../tail/tail-tracing.js'

const force = { header: 'X-Trace-Me', secret: 'correct horse battery' }
const propagator = forcePropagator(force)

function extracted(headers: Record<string, string | string[]>, context: Context = ROOT_CONTEXT): Context {
  return propagator.extract(context, headers, defaultTextMapGetter)
}

function forcedTracing(log = new DecisionLog()): TailTracing {
  const sampler = new SwitchableSampler(forcedSampler(alwaysOff()), log)
  return new TailTracing(Object.assign(sampler, { spanProcessor: (next: never) => next }))
}

describe('a request with the header and its secret', () => {
  test('is kept whole, with a threshold that counts it once', () => {
    const app = forcedTracing()
    const context = extracted({ 'x-trace-me': force.secret })
    const root = app.tracer.startSpan('root', {}, context)
    app.tracer.startSpan('query', {}, trace.setSpan(context, root)).end()
    root.end()
    expect(app.names).toEqual(['query', 'root'])
    expect(app.exported.map((span) => thresholdIn(span.spanContext().traceState))).toEqual(['0', '0'])
  })

  test('is kept under an unsampled parent too', () => {
    const app = forcedTracing()
    const parent = remoteParent({ randomness: '00000000000001', sampled: false })
    const span = app.tracer.startSpan('root', {}, extracted({ 'x-trace-me': [force.secret] }, parent))
    expect(span.spanContext().traceFlags).toBe(TraceFlags.SAMPLED)
  })

  test('is explained', () => {
    const log = new DecisionLog()
    const span = forcedTracing(log).tracer.startSpan('root', {}, extracted({ 'x-trace-me': force.secret }))
    expect(log.explain(span.spanContext().traceId)).toMatchObject({ outcome: 'kept', reason: 'forced', threshold: '0' })
  })
})

test.each([
  ['a wrong secret', { 'x-trace-me': 'correct horse battera' }],
  ['a part of the secret', { 'x-trace-me': 'correct' }],
  ['an empty header', { 'x-trace-me': '' }],
  ['another header', { 'x-trace': 'correct horse battery' }],
])('%s leaves the decision to the sampler', (_what, headers) => {
  const app = forcedTracing()
  app.tracer.startSpan('root', {}, extracted(headers)).end()
  expect(app.names).toEqual([])
})

test('the secret is not passed on to other services', () => {
  const carrier = {}
  propagator.inject(extracted({ 'x-trace-me': force.secret }), carrier, defaultTextMapSetter)
  expect(carrier).toEqual({})
})

test.each([
  ['force.header', { secret: force.secret }],
  ['force.secret', { header: 'x' }],
  ['force.secret', { header: 'x', secret: 'short' }],
  ['force.key', { ...force, key: 1 }],
])('a wrong option throws with its name, and never shows the secret: %s', (option, wrong) => {
  const check = (): void => checkForce(wrong as never)
  expect(check).toThrow(TracingConfigError)
  expect(check).toThrow(expect.objectContaining({ option }))
  expect(check).not.toThrow(/"short"|correct horse/)
})
