import { trace, type Span } from '@opentelemetry/api'
import { tracingChannel } from 'node:diagnostics_channel'
import { beforeEach, expect, test } from 'vitest'
import { traceChannel, type Settled } from '../../../src/instrumentation/channels/tracing-channel.js'
import { TestTracing } from '../../spans/tracing.js'

interface Call {
  readonly name: string
}

const NAME = 'spanwright-test:call'
const channel = tracingChannel(NAME)
const outcomes: (readonly [string, Settled])[] = []
let fail: 'at the start' | 'at the end' | undefined

traceChannel<Call>(NAME, {
  start({ name }, active) {
    if (fail === 'at the start') throw new Error(fail)
    if (name === 'untraced') return undefined
    const span = trace.getTracer('test').startSpan(name)
    return { context: trace.setSpan(active, span), span }
  },
  end(_span, { name, ...settled }) {
    if (fail === 'at the end') throw new Error(fail)
    outcomes.push([name, settled])
  },
})

let tracing: TestTracing
beforeEach(() => {
  tracing = new TestTracing()
  outcomes.length = 0
  fail = undefined
})

const activeId = (): string | undefined => trace.getActiveSpan()?.spanContext().spanId
const idOf = (name: string): string => tracing.named(name).spanContext().spanId

test('what is called has the span active, and the span ends when it returns', () => {
  const active = channel.traceSync(activeId, { name: 'sync' })
  expect(active).toBe(idOf('sync'))
  expect(outcomes).toEqual([['sync', { result: active }]])
  expect(activeId()).toBeUndefined()
})

test('a span lasts until the promise is settled, and is active in what it awaits', async () => {
  const active = channel.tracePromise(() => Promise.resolve().then(activeId), { name: 'promise' })
  expect(tracing.names).toEqual([])
  expect(await active).toBe(idOf('promise'))
})

test('a span ends before the callback is called', () => {
  let endedBefore: readonly string[] = []
  const work = (callback: (error: Error | null, result: number) => void): void => callback(null, 7)
  channel.traceCallback(work, 0, { name: 'callback' }, undefined, () => {
    endedBefore = tracing.names
  })
  expect(endedBefore).toEqual(['callback'])
  expect(outcomes).toEqual([['callback', { result: 7 }]])
})

test('errors reach the caller and the end, thrown and rejected, once', async () => {
  const error = new Error('of the call')
  const throwing = (): never => {
    throw error
  }
  expect(() => channel.traceSync(throwing, { name: 'thrown' })).toThrow(error)
  await expect(channel.tracePromise(() => Promise.reject(error), { name: 'rejected' })).rejects.toThrow(error)
  expect(outcomes).toEqual([
    ['thrown', { error }],
    ['rejected', { error }],
  ])
  expect(tracing.names).toEqual(['thrown', 'rejected'])
})

test('without a span, what is called runs in the active context', () => {
  trace.getTracer('test').startActiveSpan('outer', (outer: Span) => {
    expect(channel.traceSync(activeId, { name: 'untraced' })).toBe(outer.spanContext().spanId)
    outer.end()
  })
  expect(tracing.names).toEqual(['outer'])
})

test.each(['at the start', 'at the end'] as const)('tracing that fails %s leaves the call alone', (when) => {
  fail = when
  expect(channel.traceSync(() => 'result', { name: when })).toBe('result')
  expect(tracing.names).toEqual(when === 'at the end' ? [when] : [])
})
