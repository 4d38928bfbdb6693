import { SamplingDecision, type Sampler } from '@opentelemetry/sdk-trace'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { alwaysOff, alwaysOn } from '../../../src/sampling/samplers/always.js'
import { DecisionLog } from '../../../src/sampling/runtime/decision-log.js'
import { errorBiasedSampler } from '../../../src/sampling/samplers/error-biased.js'
import { probabilitySampler } from '../../../src/sampling/samplers/probability.js'
import { ruleBasedSampler } from '../../../src/sampling/rules/rules.js'
import { SwitchableSampler } from '../../../src/sampling/runtime/switchable.js'
import { TailSpanProcessor } from '../../../src/sampling/tail/tail-processor.js'
import { fail, remoteParent, TailTracing } from '../tail/tail-tracing.js'

const LOW = '00000000000001'

interface Running {
  readonly app: TailTracing
  readonly sampler: SwitchableSampler
  readonly log: DecisionLog
}

/** As startTracing puts the parts together. */
function running(initial: Sampler, randomness = LOW): Running {
  const log = new DecisionLog()
  const sampler = new SwitchableSampler(initial, log)
  const app = new TailTracing(
    { shouldSample: (...asked) => sampler.shouldSample(...asked), toString: String, spanProcessor: (next) => next },
    (next) => new TailSpanProcessor([next], { onDecided: log.onDecided }),
    () => randomness,
  )
  return { app, sampler, log }
}

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('a change of the sampler', () => {
  test('takes effect with the next root span', () => {
    const { app, sampler } = running(alwaysOn())
    app.start('before').end()
    sampler.set(alwaysOff())
    app.start('after').end()
    expect(app.names).toEqual(['before'])
  })

  test('leaves traces under way with the sampler that decided their root', () => {
    const { app, sampler } = running(alwaysOn())
    const root = app.start('kept')
    sampler.set(alwaysOff())
    const dropped = app.start('dropped')
    sampler.set(alwaysOn())
    app.start('child of dropped', dropped).end()
    app.start('child of kept', root).end()
    root.end()
    dropped.end()
    expect(app.names).toEqual(['child of kept', 'kept'])
  })

  test('leaves the children of such a trace with that sampler too, where it decides about children', () => {
    const withoutNoise: Sampler = {
      shouldSample: (_context, _traceId, name) => ({
        decision: name === 'noise' ? SamplingDecision.NOT_RECORD : SamplingDecision.RECORD_AND_SAMPLED,
      }),
      toString: () => 'WithoutNoise',
    }
    const { app, sampler } = running(withoutNoise)
    const root = app.start('root')
    sampler.set(alwaysOn())
    app.start('noise', root).end()
    app.start('query', root).end()
    expect(app.names).toEqual(['query'])
  })

  test('away from an error-biased sampler leaves its open traces with the tail', () => {
    const { app, sampler } = running(errorBiasedSampler({ ratio: 0 }))
    const root = app.start('root')
    sampler.set(alwaysOff())
    fail(app.start('query', root))
    root.end()
    fail(app.start('next'))
    expect(app.names).toEqual(['query', 'root'])
  })

  test('to an error-biased sampler works without a restart', () => {
    const { app, sampler } = running(alwaysOff())
    sampler.set(errorBiasedSampler({ ratio: 0 }))
    const root = app.start('root')
    fail(app.start('query', root))
    root.end()
    expect(app.names).toEqual(['query', 'root'])
  })
})

test('a sampler that throws does not take the request with it', () => {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const { app } = running({
    shouldSample: () => {
      throw new Error('broken')
    },
    toString: () => 'broken',
  })
  expect(app.start('root').isRecording()).toBe(false)
})

describe('explain says', () => {
  function decided(initial: Sampler, randomness: string, fn: (app: TailTracing) => string): unknown {
    const { app, log } = running(initial, randomness)
    return log.explain(fn(app))
  }

  const trace = (app: TailTracing): string => {
    const root = app.start('root')
    root.end()
    return root.spanContext().traceId
  }

  test('which threshold let a trace through', () => {
    expect(decided(probabilitySampler(0.25), 'ffffffffffffff', trace)).toEqual({
      traceId: expect.stringMatching(/ffffffffffffff$/) as string,
      sampler: 'Probability{0.25}',
      randomness: 'ffffffffffffff',
      threshold: 'c',
      head: 'sampled',
      outcome: 'kept',
      reason: 'head',
    })
  })

  test('that the head dropped a trace, and with which R', () => {
    expect(decided(probabilitySampler(0.25), LOW, trace)).toMatchObject({ randomness: LOW, outcome: 'dropped' })
  })

  test('which rule matched', () => {
    const rules = ruleBasedSampler([{ label: 'everything', sampler: alwaysOff() }])
    expect(decided(rules, LOW, trace)).toMatchObject({ rule: 'everything', head: 'dropped' })
  })

  test('that an error kept the trace at the end, and at which threshold', () => {
    const record = decided(errorBiasedSampler({ ratio: 0.01 }), LOW, (app) => {
      const root = app.start('root')
      fail(root)
      return root.spanContext().traceId
    })
    expect(record).toMatchObject({ head: 'recorded', outcome: 'kept', reason: 'error', threshold: '0' })
  })

  test('that a trace is not decided yet', () => {
    const record = decided(errorBiasedSampler({ ratio: 0.01 }), LOW, (app) => app.start('root').spanContext().traceId)
    expect(record).toMatchObject({ head: 'recorded', outcome: 'undecided' })
  })

  test('that only the end of a trace was kept', () => {
    vi.useFakeTimers()
    const record = decided(errorBiasedSampler({ ratio: 0.01 }), LOW, (app) => {
      const root = app.start('root')
      app.start('query', root).end()
      vi.advanceTimersByTime(61_000)
      fail(root)
      return root.spanContext().traceId
    })
    expect(record).toMatchObject({ outcome: 'kept', reason: 'error', partial: true })
  })

  test('the explicit randomness that came with a parent', () => {
    const { app, log } = running(alwaysOn())
    const parent = remoteParent({ randomness: LOW, sampled: true, th: '0;rv:abcdefabcdefab' })
    const { traceId } = app.start('root', parent).spanContext()
    expect(log.explain(traceId)).toMatchObject({ randomness: 'abcdefabcdefab' })
  })

  test('nothing of a trace it never saw, and remembers the last 10,000', () => {
    const log = new DecisionLog()
    const sampler = new SwitchableSampler(alwaysOn(), log)
    const app = new TailTracing(Object.assign(sampler, { spanProcessor: (next: never) => next }))
    const ids = Array.from({ length: 25_000 }, () => app.start('root').spanContext().traceId)
    expect(log.explain('f'.repeat(32))).toBeUndefined()
    expect(ids.slice(-10_000).every((id) => log.explain(id) !== undefined)).toBe(true)
    expect(ids.slice(0, 5_000).some((id) => log.explain(id) !== undefined)).toBe(false)
  })
})
