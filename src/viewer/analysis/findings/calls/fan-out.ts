import type { Detector } from '../facts.js'
import { busyText, describeRepetition, repetitionsOf, whatRepeats } from './repeated-statements.js'

/** As n+1, all at once. */
export const fanOut: Detector = (facts) =>
  repetitionsOf(facts, 'read', 'fan-out')
    .filter(({ runsAtOnce }) => runsAtOnce)
    .map((repetition) =>
      facts.finding({
        id: 'fan-out',
        ...describeRepetition(facts, repetition),
        sentence: `${whatRepeats(repetition)}, many of them at once (${busyText(repetition)} together).`,
        advice: 'One query with IN or a JOIN does it; each of these needs a connection of the pool, or waits for one.',
      }),
    )
