import { isSafePattern } from 'redos-detector'

export { patternNeeds, type PatternNeeds } from './pattern-needs.js'

/** Of the search for ways to match a text twice. More are needed only for patterns that have very many. */
const MOST_STEPS = 500

/**
 * Whether there are texts for which the pattern takes exponential time, or a power of their length. What cannot be shown to be
 * harmless counts as well. From one place in the text: that it is tried at each is bounded where it is used.
 */
export function canExplode({ source, flags, ignoreCase, unicode, multiline, dotAll }: RegExp): boolean {
  if (flags.includes('v')) return true
  try {
    return !isSafePattern(`^(?:${source})`, {
      caseInsensitive: ignoreCase,
      unicode,
      multiLine: multiline,
      dotAll,
      maxSteps: MOST_STEPS,
    }).safe
  } catch {
    return true
  }
}
