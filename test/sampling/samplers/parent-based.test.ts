import { expect, test } from 'vitest'
import type { Sampler } from '@opentelemetry/sdk-trace'
import { alwaysOff, alwaysOn } from '../../../src/sampling/samplers/always.js'
import { parentBased } from '../../../src/sampling/samplers/parent-based.js'
import { probabilitySampler } from '../../../src/sampling/samplers/probability.js'
import { ask, askChild, isSampled, TRACE_ID, type ParentShape } from '../simulation.js'

/** The randomness of the trace id is d29d6a7215ced0: at or above c, below e. */
test.each<[string, ParentShape, boolean, string | undefined]>([
  ['kept by its threshold: it is passed on', { sampled: true, tracestate: 'ot=th:c,foo=1' }, true, 'ot=th:c,foo=1'],
  ['sampled against its threshold: that is erased', { sampled: true, tracestate: 'ot=th:e;zz:1' }, true, 'ot=zz:1'],
  ['not sampled, with a threshold: that is erased', { sampled: false, tracestate: 'ot=th:c,foo=1' }, false, 'foo=1'],
  ['sampled without a threshold: none is written', { sampled: true, tracestate: 'foo=1' }, true, 'foo=1'],
  ['sampled without a trace state', { sampled: true }, true, undefined],
  ['sampled with a threshold that is none', { sampled: true, tracestate: 'ot=th:XY' }, true, ''],
  ['sampled by rv', { sampled: true, tracestate: 'ot=th:e;rv:f0000000000000' }, true, 'ot=th:e;rv:f0000000000000'],
])('a parent %s', (_, parent, sampled, tracestate) => {
  for (const remote of [true, false]) {
    for (const root of [alwaysOn(), alwaysOff()]) {
      expect(askChild(parentBased(root), { ...parent, remote })).toEqual({ sampled, tracestate })
    }
  }
})

test('a span without a parent is for the root sampler to decide', () => {
  expect(ask(parentBased(probabilitySampler(0.25)), TRACE_ID).traceState?.serialize()).toBe('ot=th:c')
  expect(isSampled(ask(parentBased(alwaysOff()), TRACE_ID))).toBe(false)
})

test('a parent that is not valid counts as none', () => {
  const parent = { traceId: '0'.repeat(32), sampled: true }
  expect(askChild(parentBased(alwaysOff()), parent).sampled).toBe(false)
})

test('a root sampler that throws drops, and the host goes on', () => {
  const broken: Sampler = {
    shouldSample() {
      throw new Error('broken')
    },
  }
  expect(isSampled(ask(parentBased(broken), TRACE_ID))).toBe(false)
})

test('what is no sampler is refused by name', () => {
  expect(() => parentBased({} as Sampler)).toThrow(/^root must be a sampler/)
})
