export interface SqlToken {
  readonly kind: 'word' | 'identifier' | 'literal' | 'parameter' | 'space' | 'punctuation'
  /** As it may be shown: literals are `?`, white space and comments one blank. */
  readonly text: string
}

/** Where the dialects of SQL differ about what is a value. */
export interface SqlDialect {
  /** `"text"` is a string, not an identifier. */
  readonly doubleQuotedStrings: boolean
  /** `# text` is a comment. */
  readonly hashComments: boolean
  /** `[text]` is an identifier. */
  readonly bracketIdentifiers: boolean
}

const LITERAL: SqlToken = { kind: 'literal', text: '?' }
const SPACE: SqlToken = { kind: 'space', text: ' ' }

const WHITE_SPACE = /\s+/y
const LINE_COMMENT = /--[^\n]*/y
const HASH_COMMENT = /#[^\n]*/y
/** `$$` and `$tag$`; not `$1`, a parameter. */
const DOLLAR_QUOTE = /\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/uy
/** Oracle's `q'[text]'`. */
const Q_QUOTE = /n?q'([\s\S])/iy
/** With the prefixes of binary, national, escaped and Unicode strings, and MySQL's character sets. */
const STRING_START = /(?:[bxne]|u&|_\w+)?'/iy
const BACKTICKS = /`(?:[^`]|``)*`/y
const BRACKETS = /\[(?:[^\]]|\]\])*\]/y
/** Swallows what follows without a gap: `0x1F`, `1e9`, `10.5`, and the head of an unquoted UUID or date. */
const NUMBER = /\.?\d[\p{L}\p{N}_.]*/uy
/** `?`, `?1`, `$1`, `:name`, `@name`; a cast (`::date`) as well. */
const PARAMETER = /\?\d*|\$\d+|[:@]{1,2}[\p{L}_][\p{L}\p{N}_$]*|%(?:\(\w+\))?s\b/uy
const WORD = /[\p{L}_][\p{L}\p{N}_$#@]*/uy
const TRUTH = /^(?:true|false)$/i

const PLAIN: readonly (readonly [RegExp, SqlToken['kind']])[] = [
  [BACKTICKS, 'identifier'],
  [PARAMETER, 'parameter'],
  [WORD, 'word'],
]

/**
 * Reads a statement into tokens in which no value is left. Where it is not certain what is a value (an unclosed quote,
 * or a backslash before one, which ends the string in some dialects only), the rest of the statement counts as one.
 */
export function sqlTokens(statement: string, dialect: SqlDialect): SqlToken[] {
  const tokens: SqlToken[] = []
  let at = 0
  while (at < statement.length) {
    const [token, end] = nextToken(statement, at, dialect)
    if (token !== SPACE || tokens.at(-1) !== SPACE) tokens.push(token)
    at = end
  }
  return tokens
}

function nextToken(sql: string, at: number, dialect: SqlDialect): [SqlToken, number] {
  const space =
    match(WHITE_SPACE, sql, at) ??
    match(LINE_COMMENT, sql, at) ??
    (dialect.hashComments ? match(HASH_COMMENT, sql, at) : undefined)
  if (space !== undefined) return [SPACE, at + space.length]
  if (sql.startsWith('/*', at)) return [SPACE, endOfComment(sql, at)]

  const literalEnd = endOfLiteral(sql, at, dialect)
  if (literalEnd !== undefined) return [LITERAL, literalEnd]

  if (sql[at] === '"') return [{ kind: 'identifier', text: quoted(sql, at) }, at + quoted(sql, at).length]
  if (dialect.bracketIdentifiers) {
    const brackets = match(BRACKETS, sql, at)
    if (brackets !== undefined) return [{ kind: 'identifier', text: brackets }, at + brackets.length]
  }
  for (const [pattern, kind] of PLAIN) {
    const text = match(pattern, sql, at)
    if (text === undefined) continue
    return [kind === 'word' && TRUTH.test(text) ? LITERAL : { kind, text }, at + text.length]
  }
  // Not closed: looked for the end once, and not again from each character that follows.
  if (sql[at] === '`' || (sql[at] === '[' && dialect.bracketIdentifiers)) return [LITERAL, sql.length]
  return [{ kind: 'punctuation', text: sql.charAt(at) }, at + 1]
}

function endOfLiteral(sql: string, at: number, dialect: SqlDialect): number | undefined {
  const dollar = match(DOLLAR_QUOTE, sql, at)
  if (dollar !== undefined) return after(sql, dollar, at + dollar.length)
  const q = match(Q_QUOTE, sql, at)
  if (q !== undefined) return after(sql, `${closingOf(q.slice(-1))}'`, at + q.length)
  const string = match(STRING_START, sql, at)
  if (string !== undefined) return endOfString(sql, at + string.length, "'")
  if (sql[at] === '"' && (dialect.doubleQuotedStrings || quoted(sql, at) === '')) return endOfString(sql, at + 1, '"')
  const number = match(NUMBER, sql, at)
  return number === undefined ? undefined : at + number.length
}

function closingOf(delimiter: string): string {
  return { '[': ']', '(': ')', '{': '}', '<': '>' }[delimiter] ?? delimiter
}

/** A doubled quote stands for itself. */
function endOfString(sql: string, from: number, quote: string): number {
  for (let at = sql.indexOf(quote, from); at !== -1; at = sql.indexOf(quote, at + 1)) {
    if (endsWithOpenBackslash(sql, from, at)) return sql.length
    if (sql[at + 1] !== quote) return at + 1
    at += 1
  }
  return sql.length
}

/** An even number of backslashes is closed in every dialect. */
function endsWithOpenBackslash(sql: string, from: number, end: number): boolean {
  let count = 0
  while (end - count > from && sql[end - count - 1] === '\\') count += 1
  return count % 2 === 1
}

/** Comments nest in some dialects; in the others this leaves out too much rather than too little. */
function endOfComment(sql: string, start: number): number {
  let depth = 0
  let at = start
  while (at < sql.length) {
    if (sql.startsWith('/*', at)) {
      depth += 1
      at += 2
    } else if (sql.startsWith('*/', at)) {
      depth -= 1
      at += 2
      if (depth === 0) return at
    } else at += 1
  }
  return sql.length
}

/** Empty when the quotes are not closed. */
function quoted(sql: string, at: number): string {
  return match(/"(?:[^"]|"")*"/y, sql, at) ?? ''
}

function after(sql: string, closing: string, from: number): number {
  const found = sql.indexOf(closing, from)
  return found === -1 ? sql.length : found + closing.length
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}
