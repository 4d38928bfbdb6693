import { AlwaysOnSampler, SamplingDecision, type Sampler } from '@opentelemetry/sdk-trace'
import { expect, test } from 'vitest'
import { alwaysOff, alwaysOn } from '../../../src/sampling/samplers/always.js'
import { anyOf } from '../../../src/sampling/samplers/any-of.js'
import { probabilitySampler } from '../../../src/sampling/samplers/probability.js'
import { ask, askChild, isSampled, TRACE_ID } from '../simulation.js'

function stateOf(...samplers: Sampler[]): string | undefined {
  return ask(anyOf(...samplers), TRACE_ID).traceState?.serialize()
}

function withAttributes(attributes: Record<string, string>, decision: SamplingDecision): Sampler {
  return { shouldSample: () => ({ decision, attributes }) }
}

test('the smallest threshold is written, in whichever order', () => {
  expect(stateOf(probabilitySampler(0.25), probabilitySampler(0.5))).toBe('ot=th:8')
  expect(stateOf(probabilitySampler(0.5), alwaysOff(), probabilitySampler(0.25))).toBe('ot=th:8')
})

test('what none keeps is dropped, without a threshold', () => {
  const sampler = anyOf(probabilitySampler(0.125), alwaysOff())
  expect(askChild(sampler, { sampled: true, tracestate: 'ot=th:8' })).toEqual({ sampled: false, tracestate: '' })
})

test('where one keeps and is silent about its threshold, none is written', () => {
  expect(stateOf(probabilitySampler(0.25), new AlwaysOnSampler())).toBe('')
})

test('a threshold of 0 holds beside one who is silent: nothing can widen it', () => {
  expect(stateOf(new AlwaysOnSampler(), alwaysOn())).toBe('ot=th:0')
})

test('attributes come from those that keep', () => {
  const sampler = anyOf(
    withAttributes({ kept: 'yes' }, SamplingDecision.RECORD_AND_SAMPLED),
    withAttributes({ dropped: 'yes' }, SamplingDecision.NOT_RECORD),
  )
  expect(ask(sampler, TRACE_ID).attributes).toEqual({ kept: 'yes' })
})

test('one that throws does not stop the others', () => {
  const broken: Sampler = {
    shouldSample() {
      throw new Error('broken')
    },
  }
  expect(isSampled(ask(anyOf(broken, alwaysOn()), TRACE_ID))).toBe(true)
})

test('no sampler at all, and what is none, are refused by name', () => {
  expect(() => anyOf()).toThrow(/^samplers must be at least one sampler/)
  expect(() => anyOf(alwaysOn(), {} as Sampler)).toThrow(/^samplers\[1\] must be a sampler/)
})
