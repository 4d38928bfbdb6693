import { SpanStatusCode } from '@opentelemetry/api'
import { expect, test, vi } from 'vitest'
import { currentSpan } from '../../src/spans/current-context.js'
import { traced } from '../../src/spans/traced.js'
import { TestTracing } from './tracing.js'

test('each call of the function has a span', async () => {
  const tracing = new TestTracing()
  const add = traced('add', (a: number, b: number) => Promise.resolve(a + b))
  expect(await Promise.all([add(1, 2), add(3, 4)])).toEqual([3, 7])
  expect(tracing.names).toEqual(['add', 'add'])
})

test('this, name and length are the function’s own', () => {
  const tracing = new TestTracing()
  function total(this: { rate: number }, net: number): number {
    return net * this.rate
  }
  const wrapped = traced('total', total)
  expect(wrapped.call({ rate: 2 }, 21)).toBe(42)
  expect([wrapped.name, wrapped.length]).toEqual(['total', 1])
  expect(tracing.names).toEqual(['total'])
})

test('options can come from the arguments of the call', () => {
  const tracing = new TestTracing()
  const load = traced(
    'load',
    (id: number) => id,
    (id) => ({ attributes: { 'order.id': id } }),
  )
  load(7)
  expect(tracing.named('load').attributes).toEqual({ 'order.id': 7 })
})

test('options that throw do not stop the call', () => {
  const tracing = new TestTracing()
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const broken = traced(
    'broken options',
    () => 'done',
    () => {
      throw new Error('no options')
    },
  )
  expect(broken()).toBe('done')
  expect(said).toHaveBeenCalledWith(expect.stringContaining('no options'))
  expect(tracing.names).toEqual(['broken options'])
  said.mockRestore()
})

test('a signal from the arguments makes its abort no error', async () => {
  const tracing = new TestTracing()
  const wait = traced(
    'wait',
    (signal: AbortSignal) => Promise.reject(signal.reason as Error),
    (signal) => ({ signal }),
  )
  await expect(wait(AbortSignal.abort(new Error('left')))).rejects.toThrow('left')
  expect(tracing.named('wait').status.code).toBe(SpanStatusCode.UNSET)
})

test('the span is current in the function', () => {
  new TestTracing()
  expect(traced('work', () => currentSpan()?.isRecording())()).toBe(true)
})
