import type { Detector } from '../facts.js'
import { busyText, describeRepetition, repetitionsOf, whatRepeats } from './repeated-statements.js'

/** Rows written one by one. */
export const nPlusOneWrite: Detector = (facts) =>
  repetitionsOf(facts, 'write', 'n+1-write').map((repetition) =>
    facts.finding({
      id: 'n+1-write',
      ...describeRepetition(facts, repetition),
      sentence: `${whatRepeats(repetition)}, ${repetition.runsAtOnce ? 'many of them at once' : 'one after another'} (${busyText(repetition)}).`,
      advice: 'One statement with many rows does it, or a batch of the driver.',
    }),
  )
