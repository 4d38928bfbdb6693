import type { Detector } from '../facts.js'
import { quoted } from '../words.js'
import { isHabit } from '../../error-origins.js'
import { failureOf, isIgnored, originKey } from './origin-words.js'

/** A call failed, and its caller went on. */
export const swallowed: Detector = (facts) => {
  const origins = facts.analysis.errorOrigins.filter(isIgnored)
  return Array.from(Map.groupBy(origins, originKey), ([key, alike]) => {
    const [first] = alike
    if (first === undefined) throw new Error('no origin')
    const times = alike.length === 1 ? '' : ` (${alike.length} times)`
    return facts.finding({
      id: 'swallowed',
      level: isHabit(first) ? 'info' : 'warning',
      confidence: 'likely',
      key,
      nodes: alike.map(({ node }) => node),
      sentence: `${failureOf(first)}${times}; ${quoted(first.node.parent?.span.name ?? '')} went on without it.`,
    })
  })
}
