import type { Detector } from '../facts.js'
import { busyText, describeRepetition, repetitionsOf, whatRepeats } from './repeated-statements.js'

/** One query for a list, then one for each of its items. */
export const nPlusOne: Detector = (facts) =>
  repetitionsOf(facts, 'read', 'n+1')
    .filter(({ runsAtOnce }) => !runsAtOnce)
    .map((repetition) =>
      facts.finding({
        id: 'n+1',
        ...describeRepetition(facts, repetition),
        sentence: `${whatRepeats(repetition)}, one after another (${busyText(repetition)}).`,
        advice: 'One query with IN or a JOIN does it, or a DataLoader that gathers the keys.',
      }),
    )
