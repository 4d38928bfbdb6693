import { TraceState } from '@opentelemetry/core'
import { AlwaysOnSampler, type Sampler } from '@opentelemetry/sdk-trace'
import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api'
import { expect, test } from 'vitest'
import { alwaysOff } from '../../../src/sampling/samplers/always.js'
import { fromComposable, toComposable, type ComposableSampler } from '../../../src/sampling/samplers/composable.js'
import { probabilitySampler } from '../../../src/sampling/samplers/probability.js'
import { ask, askChild, isSampled, TRACE_ID } from '../simulation.js'

function intentOf(sampler: Sampler) {
  return toComposable(sampler).getSamplingIntent(ROOT_CONTEXT, TRACE_ID, 'name', SpanKind.SERVER, {}, [])
}

test('a sampler of ours becomes an intent with its threshold', () => {
  expect(intentOf(probabilitySampler(0.25))).toMatchObject({ threshold: 0xc0000000000000n, thresholdReliable: true })
})

test('one that keeps without a threshold intends to keep all, not reliably; one that drops is below 0', () => {
  expect(intentOf(new AlwaysOnSampler())).toMatchObject({ threshold: 0n, thresholdReliable: false })
  expect(intentOf(alwaysOff())).toMatchObject({ threshold: -1n, thresholdReliable: false })
})

test('a reliable intent becomes a threshold, one that is not does not, and one out of range drops', () => {
  const intending = (threshold: bigint, thresholdReliable: boolean): Sampler =>
    fromComposable({ getSamplingIntent: () => ({ threshold, thresholdReliable }) })
  expect(ask(intending(0xc0000000000000n, true), TRACE_ID).traceState?.serialize()).toBe('ot=th:c')
  const child = askChild(intending(0xc0000000000000n, false), { sampled: true, tracestate: 'ot=th:8,foo=1' })
  expect(child).toEqual({ sampled: true, tracestate: 'foo=1' })
  for (const threshold of [-1n, 1n << 56n, 0xe0000000000000n]) {
    const dropped = askChild(intending(threshold, true), { sampled: true, tracestate: 'ot=th:8,foo=1' })
    expect(dropped).toEqual({ sampled: false, tracestate: 'foo=1' })
  }
})

test('attributes and an updated trace state are passed on', () => {
  const composable: ComposableSampler = {
    getSamplingIntent: () => ({
      threshold: 0n,
      thresholdReliable: true,
      attributes: { why: 'vip' },
      updateTraceState: (state) => (state ?? new TraceState()).set('vendor', '1'),
    }),
  }
  const result = ask(fromComposable(composable), TRACE_ID)
  expect(result.attributes).toEqual({ why: 'vip' })
  expect(result.traceState?.serialize()).toBe('ot=th:0,vendor=1')
})

test('there and back again a sampler decides the same', () => {
  const there = fromComposable(toComposable(probabilitySampler(0.25)))
  expect(ask(there, TRACE_ID).traceState?.serialize()).toBe('ot=th:c')
  expect(isSampled(ask(there, '0af7651916cd43dd8448eb211c80319c'))).toBe(false)
})

test('a composable sampler that throws drops, and what is none is refused by name', () => {
  const broken: ComposableSampler = {
    getSamplingIntent() {
      throw new Error('broken')
    },
  }
  expect(isSampled(ask(fromComposable(broken), TRACE_ID))).toBe(false)
  expect(() => fromComposable({} as ComposableSampler)).toThrow(/^composable must be a composable sampler/)
})
