import type { Finding } from '../../../model/finding.js'
import { ancestorsOf, type SpanNode } from '../../span-node.js'
import type { TraceAnalysis } from '../../trace-analysis.js'
import { TraceFacts } from '../facts.js'
import { humanDuration, plural } from '../words.js'
import { processKeyOf } from './process-key.js'

const SHORTEST_MICROS = 100_000
const BURST_MICROS = 5_000
const FEWEST_BRANCHES = 2
/** Spans that began together and end together waited for the same: a query each, say. */
const LEAST_APART_MICROS = 20_000

interface OpenSpan {
  readonly node: SpanNode
  readonly trace: TraceAnalysis
  readonly startMicros: number
  readonly endMicros: number
}

interface Silence {
  readonly startMicros: number
  readonly endMicros: number
  /** The spans that were open then, and end in the burst that follows. */
  readonly open: readonly OpenSpan[]
}

/**
 * Times in which nothing of a Node.js process started or ended though work was open on several branches, and then much
 * at once: what a blocked event loop looks like from outside. All spans of the process count, whatever their trace.
 */
export function blockedLoops(traces: readonly TraceAnalysis[]): Finding[] {
  const processes = new Map<string, OpenSpan[]>()
  for (const trace of traces) {
    for (const node of trace.nodes) {
      if (node.endMicros === undefined || node.span.resource.attributes['telemetry.sdk.language'] !== 'nodejs') continue
      const key = processKeyOf(node.span.resource)
      const spans = processes.get(key) ?? []
      processes.set(key, spans)
      const startMicros = trace.startMicros + node.startMicros
      spans.push({ node, trace, startMicros, endMicros: startMicros + node.durationMicros })
    }
  }
  return [...processes.values()].flatMap((spans) => silencesIn(spans).map(describe))
}

function silencesIn(spans: readonly OpenSpan[]): Silence[] {
  const starts = spans.toSorted((a, b) => a.startMicros - b.startMicros)
  const ends = spans.toSorted((a, b) => a.endMicros - b.endMicros)
  const times = [...starts.map(({ startMicros }) => startMicros), ...ends.map(({ endMicros }) => endMicros)].sort(
    (a, b) => a - b,
  )
  const open = new Set<OpenSpan>()
  const silences: Silence[] = []
  let started = 0
  let ended = 0
  for (const [index, time] of times.entries()) {
    const next = times[index + 1]
    for (let span = starts[started]; span !== undefined && span.startMicros <= time; span = starts[++started])
      open.add(span)
    for (let span = ends[ended]; span !== undefined && span.endMicros <= time; span = ends[++ended]) open.delete(span)
    if (next === undefined || next - time < SHORTEST_MICROS || open.size < FEWEST_BRANCHES) continue
    const ending: OpenSpan[] = []
    for (let place = ended; (ends[place]?.endMicros ?? Infinity) <= next + BURST_MICROS; place++) {
      const span = ends[place]
      if (span !== undefined && open.has(span) && !isExplained(span, time, next)) ending.push(span)
    }
    const branches = leavesOf(ending)
    if (areApart(branches)) silences.push({ startMicros: time, endMicros: next, open: branches })
  }
  return silences
}

/** Somebody else was at work for it all the time: what it waited for is known. */
function isExplained({ node, trace }: OpenSpan, from: number, to: number): boolean {
  return node.children.some(({ span, startMicros, endMicros = startMicros }) => {
    const isElsewhere = processKeyOf(span.resource) !== processKeyOf(node.span.resource)
    const end = trace.startMicros + endMicros
    return isElsewhere && trace.startMicros + startMicros <= from && end >= to - BURST_MICROS
  })
}

/** Of spans within one another the inner ones: those of one branch wait for the same. */
function leavesOf(spans: readonly OpenSpan[]): OpenSpan[] {
  const within = new Set(spans.map(({ node }) => node))
  const outer = new Set<SpanNode>()
  const seen = new Set<SpanNode>()
  for (const { node } of spans) {
    for (const above of ancestorsOf(node)) {
      if (seen.has(above)) break
      seen.add(above)
      if (within.has(above)) outer.add(above)
    }
  }
  return spans.filter(({ node }) => !outer.has(node))
}

function areApart(spans: readonly OpenSpan[]): boolean {
  if (spans.length < FEWEST_BRANCHES) return false
  const starts = spans.map(({ startMicros }) => startMicros)
  return Math.max(...starts) - Math.min(...starts) >= LEAST_APART_MICROS
}

function describe({ startMicros, endMicros, open }: Silence): Finding {
  const [first] = open
  if (first === undefined) throw new Error('no span was open')
  const nodes = open.filter(({ trace }) => trace === first.trace).map(({ node }) => node)
  const { service } = first.node.span.resource
  const took = endMicros - startMicros
  return new TraceFacts(first.trace).finding({
    id: 'blocked-loop',
    level: 'warning',
    confidence: 'guess',
    key: service,
    nodes,
    count: open.length,
    durationMicros: took,
    sentence: `Nothing happened in ${service} for ${humanDuration(took)} while ${plural(open.length, 'span')} on branches of their own were open, and then they ended at once: its event loop was probably blocked.`,
    advice: 'A CPU profile (`node --cpu-prof`) shows what ran then.',
  })
}
