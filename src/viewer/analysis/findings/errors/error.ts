import { isHabit, type ErrorOrigin } from '../../error-origins.js'
import { httpStatusOf } from '../../failures.js'
import type { Finding } from '../../../model/finding.js'
import type { Detector, TraceFacts } from '../facts.js'
import { listed, oneLine, placeOf } from '../words.js'
import { failureOf, isIgnored, originKey } from './origin-words.js'

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
  const affected = affectedBy(first, facts)
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

/** Requests above that fail, or else the highest span that does. */
function affectedBy({ node, highestFailed }: ErrorOrigin, facts: TraceFacts): string[] {
  const requests = facts.failingRequests(node, MOST_NAMED)
  if (requests.length === 0 && highestFailed !== undefined) requests.push(highestFailed)
  return requests.map((above) => {
    const status = httpStatusOf(above.span)
    return oneLine(`${placeOf(above)}${status === undefined || status < 400 ? '' : ` (${status})`}`, 200)
  })
}
