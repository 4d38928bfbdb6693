const LONGEST_REGEX = 200

/** Whole text, without regard to case; `*` stands for any text. */
export function compileGlob(glob: string): RegExp {
  const parts = glob.split(/\*+/).map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  return new RegExp(`^${parts.join('[^]*?')}$`, 'i')
}

/** Somewhere in the text, without regard to case. */
export function compileContains(text: string): RegExp {
  return new RegExp(text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'), 'i')
}

/**
 * A regular expression of the user's, found anywhere in the text; or one sentence that says why not. Those that can take
 * exponential time are refused: the process that receives spans would stand still.
 */
export function compileRegex(source: string): RegExp | string {
  if (source.length > LONGEST_REGEX) return `a regular expression has ${LONGEST_REGEX} characters at most`
  if (repeatsWithinRepeats(source)) return 'a group that is repeated may hold neither repeats nor alternatives'
  if (/\\[1-9k]/.test(source)) return 'a regular expression may not refer back to a group'
  try {
    return new RegExp(source)
  } catch {
    return 'this is no regular expression'
  }
}

/** Whether a group that `*`, `+` or `{n,}` follows holds a repeat or an alternative itself. */
function repeatsWithinRepeats(source: string): boolean {
  const groups: { isRisky: boolean }[] = [{ isRisky: false }]
  let inClass = false
  for (let at = 0; at < source.length; at += 1) {
    const character = source[at]
    const innermost = groups.at(-1)
    if (character === '\\') at += 1
    else if (inClass) inClass = character !== ']'
    else if (character === '[') inClass = true
    else if (character === '(') groups.push({ isRisky: false })
    else if (character === ')') {
      const closed = groups.length > 1 ? groups.pop() : undefined
      const isRepeated = /^[*+{]/.test(source.slice(at + 1))
      if (closed?.isRisky && isRepeated) return true
      const outer = groups.at(-1)
      if (outer && (closed?.isRisky || isRepeated)) outer.isRisky = true
    } else if (innermost && /[*+{|]/.test(character ?? '')) innermost.isRisky = true
  }
  return false
}
