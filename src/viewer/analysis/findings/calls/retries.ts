import type { Finding } from '../../../model/finding.js'
import type { Call } from '../../calls/call.js'
import type { CallGroup } from '../../calls/trace-calls.js'
import { numberOf, textOf } from '../../attributes.js'
import { failureMessage, httpStatusOf } from '../../failures.js'
import type { SpanNode } from '../../span-node.js'
import type { Detector, TraceFacts } from '../facts.js'
import { humanDuration, oneLine, plural, quoted } from '../words.js'

const WARNING_WAIT_MICROS = 100_000
const LONGEST_REASON = 60
/** Answers after which another attempt makes sense. */
const HTTP_AGAIN = new Set([408, 425, 429, 500, 502, 503, 504])
/** UNKNOWN, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, INTERNAL, UNAVAILABLE */
const GRPC_AGAIN = new Set([2, 4, 8, 10, 13, 14])
const GRPC_AGAIN_BY_NAME = new Set(
  'UNKNOWN DEADLINE_EXCEEDED RESOURCE_EXHAUSTED ABORTED INTERNAL UNAVAILABLE'.split(' '),
)

/** One call that was tried again because it failed. */
export const retries: Detector = (facts) =>
  facts.calls.groups.flatMap((group) => {
    const runs = attemptsIn(group).sort((a, b) => b.length - a.length)
    const [longest] = runs
    return longest === undefined ? [] : [describe(group.call, longest, runs, facts)]
  })

function describe(call: Call, longest: readonly SpanNode[], runs: readonly SpanNode[][], facts: TraceFacts): Finding {
  const failed = longest.filter(isWorthAnother)
  const waited = longest.slice(1).reduce((sum, { startMicros }, index) => {
    return sum + Math.max(startMicros - (longest[index]?.endMicros ?? startMicros), 0)
  }, 0)
  const hasGivenUp = failed.at(-1) === longest.at(-1)
  const reason = oneLine(failed[0] === undefined ? '' : failureMessage(failed[0].span), LONGEST_REASON)
  const others = runs.length === 1 ? '' : `; ${plural(runs.length - 1, 'more call')} like it`
  return facts.finding({
    id: 'retries',
    level: hasGivenUp || waited >= WARNING_WAIT_MICROS ? 'warning' : 'info',
    confidence: 'certain',
    key: call.key,
    nodes: runs.flat(),
    count: longest.length,
    sentence:
      `${quoted(call.label)}: ${plural(longest.length, 'attempt')}, ${failed.length} failed${reason === '' ? '' : ` (${reason})`}, ` +
      `${humanDuration(waited)} of waiting between them${others}.`,
  })
}

/** Whether most calls of the group are attempts at the same. */
export function isRetried(group: CallGroup): boolean {
  return attemptsIn(group).reduce((sum, { length }) => sum + length, 0) > group.nodes.length / 2
}

function attemptsIn({ call, nodes }: CallGroup): SpanNode[][] {
  if (call.kind !== 'http' && call.kind !== 'rpc') return []
  const runs: SpanNode[][] = []
  for (const alike of Map.groupBy(nodes, (node) => `${node.parent?.id}\n${placeOf(node)}`).values()) {
    let run: SpanNode[] = []
    for (const node of alike) {
      const previous = run.at(-1)
      const isNext =
        previous !== undefined &&
        node.startMicros >= (previous.endMicros ?? Infinity) - 1_000 &&
        (isWorthAnother(previous) || (numberOf(node.span.attributes, 'http.request.resend_count') ?? 0) >= 1)
      if (!isNext && run.length > 1) runs.push(run)
      run = isNext ? [...run, node] : [node]
    }
    if (run.length > 1) runs.push(run)
  }
  return runs
}

/** Requests to different places are not one another's attempts, however alike they are. */
function placeOf({ span }: SpanNode): string {
  return textOf(span.attributes, 'url.full', 'http.url', 'http.target') ?? ''
}

function isWorthAnother({ span }: SpanNode): boolean {
  const status = httpStatusOf(span)
  if (status !== undefined) return HTTP_AGAIN.has(status)
  if (span.status !== 'error') return false
  const code = numberOf(span.attributes, 'rpc.grpc.status_code', 'rpc.response.status_code')
  if (code !== undefined) return GRPC_AGAIN.has(code)
  const name = textOf(span.attributes, 'rpc.status_code', 'rpc.response.status_code')
  return name === undefined || GRPC_AGAIN_BY_NAME.has(name)
}
