/** Of a long text, this much is looked at in one go: a pattern may be tried at each place, and then takes its square. */
const WINDOW = 8_192
/** What begins further in is found with the next window, as long as it may be. */
const LONGEST_MATCH = 4_096

/** The text with all matches replaced. In texts of more than 8,192 characters, matches of up to 4,096 are found. */
export function replaceIn(text: string, pattern: RegExp, replacement: (match: string) => string): string {
  if (text.length <= WINDOW) {
    // Nearly always none: to ask takes a fraction of what a replacement of none takes.
    pattern.lastIndex = 0
    return pattern.test(text) ? text.replace(pattern, replacement) : text
  }
  let shown = ''
  for (let at = 0; at < text.length;) {
    const window = text.slice(at, at + WINDOW)
    const settledTo = at + WINDOW >= text.length ? window.length : WINDOW - LONGEST_MATCH
    let shownTo = 0
    for (const match of window.matchAll(pattern)) {
      if (match.index >= settledTo) break
      shown += window.slice(shownTo, match.index) + replacement(match[0])
      shownTo = match.index + match[0].length
    }
    const end = Math.max(shownTo, settledTo)
    shown += window.slice(shownTo, end)
    at += end
  }
  return shown
}
