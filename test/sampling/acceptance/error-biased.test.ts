import { ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api'
import type { SpanProcessor } from '@opentelemetry/sdk-trace'
import { afterEach, expect, test, vi } from 'vitest'
import { adjustedCount as weight } from '../../../src/sampling/decision/threshold-decision.js'
import { errorBiasedSampler } from '../../../src/sampling/samplers/error-biased.js'
import { noSamplingCounts } from '../../../src/sampling/tail/tail-decisions.js'
import { TailSpanProcessor } from '../../../src/sampling/tail/tail-processor.js'
import { seeded } from '../simulation.js'
import { fail, seededRandomness, TailTracing } from '../tail/tail-tracing.js'

afterEach(() => vi.useRealTimers())

const ERROR_SHARE = 0.02

interface Run {
  readonly app: TailTracing
  readonly errors: number
  readonly requests: number
}

/** Requests at random moments; a share of them fails, two spans below the root. */
function runRequests(seed: number, requests: number, perSecond: number): Run {
  const fraction = seeded(seed)
  const sampler = errorBiasedSampler({ ratio: 0.01, maxErrorTracesPerSecond: 10 })
  const app = new TailTracing(sampler, undefined, seededRandomness(seed + 1))
  let errors = 0
  for (let i = 0; i < requests; i++) {
    vi.advanceTimersByTime((-Math.log(1 - fraction()) * 1_000) / perSecond)
    const fails = fraction() < ERROR_SHARE
    const root = app.start('request')
    const handler = app.start('handler', root)
    app.start('cache', handler).end()
    const query = app.start('query', handler)
    if (fails) {
      query.setAttribute('fails', true)
      fail(query)
      errors += 1
    } else query.end()
    handler.end()
    root.end()
  }
  return { app, errors, requests }
}

test('at a head ratio of 1 %, every error is kept whole and its count is exact', () => {
  vi.useFakeTimers()
  // 250 requests a second, 2 % of them with an error: half of the limit of errors.
  const { app, errors } = runRequests(1, 20_000, 250)
  const failed = app.exported.filter(({ attributes }) => attributes.fails === true)
  const traces = Map.groupBy(app.exported, (span) => span.spanContext().traceId)
  const estimate = failed.reduce((sum, span) => sum + weight(span), 0)
  expect(failed).toHaveLength(errors)
  expect(failed.map((span) => traces.get(span.spanContext().traceId)?.length)).toEqual(failed.map(() => 4))
  expect(estimate).toBe(errors)
  console.log(`error-biased, head 1 %: ${failed.length} of ${errors} errors kept whole, estimated ${estimate}`)
})

test('the count of all requests is estimated within 4 standard errors, errors included', () => {
  vi.useFakeTimers()
  const runs = Array.from({ length: 10 }, (_, seed) => runRequests(100 + seed * 2, 4_000, 250))
  const offs = runs.map(({ app, requests }) => app.estimated('request') / requests - 1)
  const { mean, standardError } = spread(offs)
  expect(Math.abs(mean)).toBeLessThan(4 * standardError)
  expect(standardError).toBeLessThan(0.1)
  console.log(`error-biased, count: ${percent(mean)} off, standard error ${percent(standardError)}`)
})

test("a callee's errors count once, whether its caller's trace was sampled at its head or not", () => {
  vi.useFakeTimers()
  const fraction = seeded(9)
  const randomness = seededRandomness(10)
  const caller = new TailTracing(errorBiasedSampler({ ratio: 0.2 }), undefined, randomness)
  const callee = new TailTracing(errorBiasedSampler({ ratio: 0.02 }))
  let errors = 0
  for (let i = 0; i < 5_000; i++) {
    vi.advanceTimersByTime(20)
    const request = caller.start('request')
    const { traceId, spanId, traceFlags, traceState } = request.spanContext()
    const remote = { traceId, spanId, traceFlags, isRemote: true, ...(traceState && { traceState }) }
    const handler = callee.start('handler', trace.setSpanContext(ROOT_CONTEXT, remote))
    if (fraction() < 0.05) {
      errors += 1
      fail(handler)
    } else handler.end()
    request.end()
  }
  const failed = callee.exported.filter(({ status }) => status.code === SpanStatusCode.ERROR)
  expect(failed).toHaveLength(errors)
  expect(failed.reduce((sum, span) => sum + weight(span), 0)).toBe(errors)
  expect(Math.abs(callee.estimated('handler') / 5_000 - 1)).toBeLessThan(4 * 0.03)
})

test('with ten times more than the buffer holds, counts stay unbiased and the buffer stays bounded', () => {
  vi.useFakeTimers()
  const seeds = 30
  const maxSpans = 128
  const open = 640
  let most = 0
  const offs = Array.from({ length: seeds }, (_, seed) => {
    const sampler = errorBiasedSampler({ ratio: 0.02, maxErrorTracesPerSecond: Infinity })
    let held = (): number => 0
    const processorFor = (next: SpanProcessor): SpanProcessor => {
      const counts = noSamplingCounts()
      held = () => counts.undecided
      return new TailSpanProcessor([next], { maxSpans, counts })
    }
    const app = new TailTracing(sampler, processorFor, seededRandomness(500 + seed))
    // All are open at once, and each holds a span: 10 times the buffer. Every second one errs in the end.
    const roots = Array.from({ length: open }, () => {
      const root = app.start('request')
      app.start('step', root).end()
      app.start('step', root).end()
      most = Math.max(most, held())
      return root
    })
    roots.forEach((root, index) => (index % 2 === 0 ? fail(root) : root.end()))
    const errors = app.exported.filter(({ name, status }) => name === 'request' && status.code === SpanStatusCode.ERROR)
    return errors.reduce((sum, span) => sum + weight(span), 0) / (open / 2) - 1
  })
  const { mean, standardError } = spread(offs)
  expect(Math.abs(mean)).toBeLessThan(4 * standardError)
  expect(standardError).toBeLessThan(0.1)
  expect(most).toBeLessThanOrEqual(maxSpans)
  console.log(
    `error-biased, overflow 10×: errors ${percent(mean)} off, standard error ${percent(standardError)}, ` +
      `at most ${most} of ${maxSpans} spans held`,
  )
})

function spread(values: readonly number[]): { mean: number; standardError: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)
  return { mean, standardError: Math.sqrt(variance / values.length) }
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`
}
