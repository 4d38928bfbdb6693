import type { ErrorOrigin } from '../../error-origins.js'
import { httpStatusOf } from '../../failures.js'
import { ancestorsOf, type SpanNode } from '../../span-node.js'
import type { Finding } from '../../../model/finding.js'
import type { Detector, TraceFacts } from '../facts.js'
import { listed, oneLine, placeOf } from '../words.js'
import { failureOf, isHabit, isIgnored, originKey } from './origin-words.js'

const MOST_NAMED = 3

/** Where a failure began that made others fail. */
export const error: Detector = (facts) => {
  const origins = facts.analysis.errorOrigins.filter((origin) => !isIgnored(origin))
  const rest = origins.filter((origin) => !isHabit(origin))
  const groups = Map.groupBy(origins, originKey)
  return Array.from(groups, ([key, alike]) => describe(key, alike, facts, rest.length > 0))
}

function describe(key: string, alike: readonly ErrorOrigin[], facts: TraceFacts, hasOthers: boolean): Finding {
  const [first] = alike
  if (first === undefined) throw new Error('no origin')
  const isBeside = isHabit(first) && hasOthers
  const affected = affectedBy(first)
  const times = alike.length === 1 ? '' : ` (${alike.length} times)`
  const effect = affected.length === 0 || isBeside ? '' : `; it made ${listed(affected)} fail`
  return facts.finding({
    id: 'error',
    level: isBeside ? 'info' : 'error',
    confidence: 'certain',
    key,
    nodes: alike.map(({ node }) => node),
    sentence: `${failureOf(first)}${times}${effect}.`,
  })
}

/** Requests above that fail, or answer that they do; or else the highest span that fails. */
function affectedBy({ node, highestFailed }: ErrorOrigin): string[] {
  const affected: SpanNode[] = []
  for (const above of ancestorsOf(node)) {
    const isFailing = above.span.status === 'error' || (httpStatusOf(above.span) ?? 0) >= 400
    const isRequest = above.span.kind === 'server' || above.span.kind === 'consumer' || above.parent === undefined
    if (isFailing && isRequest) affected.push(above)
    if (affected.length === MOST_NAMED) break
  }
  if (affected.length === 0 && highestFailed !== undefined) affected.push(highestFailed)
  return affected.map((above) => {
    const status = httpStatusOf(above.span)
    return oneLine(`${placeOf(above)}${status === undefined || status < 400 ? '' : ` (${status})`}`, 200)
  })
}
