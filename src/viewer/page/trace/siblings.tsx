import type { JSX } from 'preact'
import type { SpanNode } from '../../analysis/span-node.js'
import type { TraceAnalysis } from '../../analysis/trace-analysis.js'
import { duration, grouped } from '../parts/format.js'

const FEWEST = 3

/** The span among those of its name in this trace. */
export function Siblings({
  trace,
  node,
}: {
  readonly trace: TraceAnalysis
  readonly node: SpanNode
}): JSX.Element | null {
  const alike = trace.nodes.filter(
    ({ span, endMicros }) =>
      endMicros !== undefined && span.name === node.span.name && span.resource.service === node.span.resource.service,
  )
  if (alike.length < FEWEST || node.endMicros === undefined) return null
  const times: readonly number[] = alike.map(({ durationMicros }) => durationMicros)
  const least = times.reduce((a, b) => Math.min(a, b), Infinity)
  const most = times.reduce((a, b) => Math.max(a, b), 0)
  const x = (micros: number): number => 2 + ((micros - least) / (most - least || 1)) * 96
  const faster = times.filter((micros) => micros < node.durationMicros).length
  return (
    <div class="siblings">
      <small>
        longer than {grouped(faster)} of its {grouped(alike.length - 1)} siblings of this name
      </small>
      <svg
        viewBox="0 0 100 10"
        preserveAspectRatio="none"
        role="img"
        aria-label={`from ${duration(least)} to ${duration(most)}`}
      >
        {times.slice(0, 300).map((micros, index) => (
          <rect key={index} x={x(micros) - 0.4} y={3} width={0.8} height={4} class="sibling" />
        ))}
        <rect x={x(node.durationMicros) - 0.6} y={0} width={1.2} height={10} class="here" />
      </svg>
      <small class="ends">
        <span>{duration(least)}</span>
        <span>{duration(most)}</span>
      </small>
    </div>
  )
}
