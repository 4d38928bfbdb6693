import type { Detector } from '../facts.js'
import { plural } from '../words.js'

/** Spans whose parents never arrived. */
export const orphan: Detector = (facts) => {
  const { orphans, missingParents, roots } = facts.analysis
  const [first] = orphans
  if (first === undefined) return []
  // One server span at the top is what a caller leaves that passes its context on and is not traced itself.
  const isEntry = roots.length === 0 && orphans.length === 1
  const spans = `${plural(orphans.length, 'span')} ${orphans.length === 1 ? 'belongs' : 'belong'}`
  const parents = missingParents.length === 1 ? 'a parent' : `${missingParents.length} parents`
  return [
    facts.finding({
      id: 'orphan',
      level: isEntry ? 'info' : 'warning',
      confidence: 'certain',
      key: isEntry ? 'entry' : first.span.name,
      nodes: orphans,
      durationMicros: 0,
      sentence: `${spans} to ${parents} that never arrived: not sent, sampled apart, or of a service that sends its spans elsewhere.`,
      advice: '`spanwright doctor` shows whether a service sends what it records, and where.',
    }),
  ]
}
