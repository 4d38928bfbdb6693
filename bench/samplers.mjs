// What a decision of each sampler costs beside OpenTelemetry's own, in nanoseconds: root spans unless it says otherwise, all in this
// process, in alternating rounds, the median of them. Each goal is the design's.
import { ROOT_CONTEXT, SpanKind, TraceFlags, trace } from '@opentelemetry/api'
import { TraceState } from '@opentelemetry/core'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  RandomIdGenerator,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace'
import * as ours from 'spanwright'

const ROUNDS = Number(process.env.SPANWRIGHT_BENCH_ROUNDS ?? 31)
const WARM_UP = 5
const CALLS = 100_000

const ids = Array.from({ length: 1 << 14 }, () => new RandomIdGenerator().generateTraceId())
const names = Array.from({ length: 100 }, (_, index) => `GET /things/${index}`)

function childOf(state, isRemote) {
  const spanContext = { traceId: ids[0], spanId: '00f067aa0ba902b7', traceFlags: TraceFlags.SAMPLED, isRemote }
  return trace.setSpanContext(ROOT_CONTEXT, state ? { ...spanContext, traceState: new TraceState(state) } : spanContext)
}

const child = { context: childOf('ot=th:0', true), traceIds: [ids[0]] }
const limits = { maxTracesPerSecond: 100 }
const { alwaysOn, alwaysOff, probabilitySampler, parentBased, rateLimitingSampler, dynamicSampler, anyOf } = ours
const { errorBiasedSampler, ruleBasedSampler } = ours

// By what rules are written with: names, routes, kinds, attributes.
const fallback = probabilitySampler(0.1)
const rules = Array.from({ length: 10 }, (_, index) => ({
  ...[
    { name: `POST /*/${index}` },
    { route: `/orders/:id/${index}` },
    { kind: 'consumer' },
    { attributes: { tier: `t${index}` } },
  ][index % 4],
  sampler: fallback,
}))

const cases = [
  { name: 'stock AlwaysOn', sampler: new AlwaysOnSampler() },
  { name: 'alwaysOn', sampler: alwaysOn() },
  { name: 'stock AlwaysOff', sampler: new AlwaysOffSampler() },
  { name: 'alwaysOff', sampler: alwaysOff() },
  { name: 'stock TraceIdRatioBased 0.1', sampler: new TraceIdRatioBasedSampler(0.1) },
  { name: 'probability 0.1', sampler: probabilitySampler(0.1), goal: 50 },
  { name: 'stock TraceIdRatioBased 0.9', sampler: new TraceIdRatioBasedSampler(0.9) },
  { name: 'probability 0.9', sampler: probabilitySampler(0.9), goal: 50 },
  { name: 'rateLimiting', sampler: rateLimitingSampler(limits), goal: 150 },
  {
    name: 'rateLimiting of probability 0.1',
    sampler: rateLimitingSampler({ ...limits, delegate: probabilitySampler(0.1) }),
  },
  { name: 'dynamic, 100 keys', sampler: dynamicSampler({ goalTracesPerSecond: 100 }), goal: 200 },
  { name: 'ruleBased, 10 rules, none matches', sampler: ruleBasedSampler(rules, { fallback }), goal: 300 },
  { name: 'errorBiased 0.1', sampler: errorBiasedSampler({ ratio: 0.1 }) },
  { name: 'anyOf of two ratios', sampler: anyOf(probabilitySampler(0.1), probabilitySampler(0.2)) },
  { name: 'stock ParentBased, root', sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(0.1) }) },
  { name: 'parentBased, root', sampler: parentBased(probabilitySampler(0.1)) },
  {
    name: 'stock ParentBased, remote child',
    sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
    ...child,
  },
  { name: 'parentBased, remote child with th', sampler: parentBased(alwaysOn()), ...child },
  { name: 'probability 0.9, remote child with th', sampler: probabilitySampler(0.9), ...child },
]

let sampled = 0

function round({ sampler, context = ROOT_CONTEXT, traceIds = ids }) {
  const attributes = {}
  const links = []
  const mask = traceIds.length - 1
  const before = performance.now()
  for (let i = 0; i < CALLS; i++) {
    const result = sampler.shouldSample(context, traceIds[i & mask], names[i % 100], SpanKind.SERVER, attributes, links)
    sampled += result.decision
  }
  return ((performance.now() - before) * 1_000_000) / CALLS
}

const samples = cases.map(() => [])
for (let i = 0; i < ROUNDS; i++) {
  for (const index of i % 2 === 0 ? cases.keys() : [...cases.keys()].reverse()) {
    const nanos = round(cases[index])
    if (i >= WARM_UP) samples[index].push(nanos)
  }
}

// The loop itself, to be read with the rest.
const nothing = { shouldSample: () => ({ decision: 0 }) }
const floor = Array.from({ length: ROUNDS }, () => round({ sampler: nothing })).sort((a, b) => a - b)[ROUNDS >> 1]
console.table(
  cases.map(({ name, goal }, index) => {
    const median = samples[index].sort((a, b) => a - b)[samples[index].length >> 1]
    return {
      sampler: name,
      'ns a decision': Math.round(median),
      goal: goal ?? '',
      met: goal === undefined ? '' : median <= goal ? 'met' : 'missed',
    }
  }),
)
console.log(`an empty call in the same loop: ${Math.round(floor)} ns; ${sampled} decisions summed`)
