/** Whether a text fits a pattern; made once, asked often. */
export type Matcher = (text: string) => boolean

const STAR: unique symbol = Symbol('any run of characters')
const ONE: unique symbol = Symbol('any one character')
const SEGMENT: unique symbol = Symbol('what lies between two slashes')
type Token = string | typeof STAR | typeof ONE | typeof SEGMENT

/** `*` stands for any run of characters, slashes too, `?` for one. The whole text must fit; case counts. */
export function compileGlob(pattern: string): Matcher {
  const stars = pattern.split('*')
  if (pattern.includes('?') || stars.length > 3) return tokenMatcher(tokensOf(pattern))
  const [first = '', second, third] = stars
  if (second === undefined) return (text) => text === pattern
  if (third === undefined) return ends(first, second)
  if (first === '' && third === '') return (text) => text.includes(second)
  return tokenMatcher(tokensOf(pattern))
}

/** A glob in which `:name` and `{name}` stand for one segment of the path: `/users/:id/orders` fits `/users/7/orders`. */
export function compileRouteGlob(pattern: string): Matcher {
  const parts = pattern.split(/(?<=\/)(:[^/]+|\{[^/{}]+\})(?=\/|$)/)
  if (parts.length === 1) return compileGlob(pattern)
  return tokenMatcher(parts.flatMap((part, index) => (index % 2 === 1 ? [SEGMENT] : tokensOf(part))))
}

function ends(prefix: string, suffix: string): Matcher {
  const shortest = prefix.length + suffix.length
  if (suffix === '') return (text) => text.startsWith(prefix)
  return (text) => text.length >= shortest && text.startsWith(prefix) && text.endsWith(suffix)
}

function tokensOf(pattern: string): Token[] {
  return Array.from(pattern, (character) => (character === '*' ? STAR : character === '?' ? ONE : character))
}

/**
 * Goes back to the last star only, so that a hostile path costs the product of both lengths and no more; a regular
 * expression with several stars would take the power.
 */
function tokenMatcher(tokens: readonly Token[]): Matcher {
  return (text) => {
    let at = 0
    let token = 0
    let starToken = -1
    let starAt = 0
    for (;;) {
      if (tokens[token] === STAR) {
        starToken = token++
        starAt = at
        continue
      }
      if (token === tokens.length && at === text.length) return true
      const next = after(tokens[token], text, at)
      if (next >= 0) {
        at = next
        token += 1
      } else {
        if (starToken < 0 || starAt >= text.length) return false
        at = ++starAt
        token = starToken + 1
      }
    }
  }
}

/** Where the text goes on after the token, or -1 where it does not fit. */
function after(token: Token | undefined, text: string, at: number): number {
  if (token === undefined || token === STAR || at >= text.length) return -1
  if (token === ONE) return at + 1
  if (token !== SEGMENT) return text.startsWith(token, at) ? at + token.length : -1
  const slash = text.indexOf('/', at)
  const end = slash < 0 ? text.length : slash
  return end > at ? end : -1
}
