import { ROOT_CONTEXT, SpanKind, TraceFlags } from '@opentelemetry/api'
import { TraceState } from '@opentelemetry/core'
import { SamplingDecision, type Sampler, type SamplingResult } from '@opentelemetry/sdk-trace'
import { describe, expect, test } from 'vitest'
import { alwaysOff, alwaysOn } from '../../src/sampling/samplers/always.js'
import { rootDecisionFor, readRootDecision } from '../../src/sampling/tail/root-decision.js'
import { recordAll } from '../../src/sampling/runtime/pipeline.js'
import { noSamplingCounts } from '../../src/sampling/tail/tail-decisions.js'

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736'
const ask = (sampler: Sampler): SamplingResult =>
  sampler.shouldSample(ROOT_CONTEXT, TRACE_ID, 'a', SpanKind.INTERNAL, {}, [])
const answering = (result: SamplingResult): Sampler => ({ shouldSample: () => result, toString: () => 'Answering' })

describe('recordAll', () => {
  test('records what the sampler leaves out, and counts it as left out no more', () => {
    const counts = { ...noSamplingCounts(), notRecorded: 3 }
    expect(ask(recordAll(alwaysOff(), counts))).toEqual({ decision: SamplingDecision.RECORD })
    expect(counts.notRecorded).toBe(2)
  })

  test('changes nothing else: not what is recorded anyway, nor the trace state, nor the name', () => {
    const counts = noSamplingCounts()
    const sampled = ask(alwaysOn())
    expect(ask(recordAll(alwaysOn(), counts))).toEqual(sampled)
    const recorded = { decision: SamplingDecision.RECORD }
    expect(ask(recordAll(answering(recorded), counts))).toBe(recorded)
    expect(counts).toEqual(noSamplingCounts())
    const traceState = new TraceState('a=b')
    const dropped = { decision: SamplingDecision.NOT_RECORD, traceState }
    expect(ask(recordAll(answering(dropped), counts))).toEqual({ decision: SamplingDecision.RECORD, traceState })
    expect(recordAll(alwaysOff(), counts).toString()).toBe('AlwaysOff')
  })

  test('has the tail hold nothing back that it would only drop', () => {
    const policy = {} as never
    const noting = (decision: SamplingDecision): Sampler => ({
      shouldSample(_, traceId) {
        rootDecisionFor(traceId).policy = policy
        return { decision }
      },
      toString: () => 'Noting',
    })
    ask(recordAll(noting(SamplingDecision.RECORD), noSamplingCounts()))
    expect(readRootDecision(TRACE_ID)?.policy).toBe(policy)
    ask(recordAll(noting(SamplingDecision.NOT_RECORD), noSamplingCounts()))
    expect(readRootDecision(TRACE_ID)?.policy).toBeUndefined()
  })
})

test('a span that is recorded for the metrics alone keeps an unsampled context', async () => {
  const { TracerProvider } = await import('@opentelemetry/sdk-trace')
  const counts = { ...noSamplingCounts(), notRecorded: 1 }
  const provider = new TracerProvider({ sampler: recordAll(alwaysOff(), counts), spanProcessors: [] })
  const span = provider.getTracer('test').startSpan('a')
  expect(span.isRecording()).toBe(true)
  expect(span.spanContext().traceFlags).toBe(TraceFlags.NONE)
})
