import type { SqlToken } from './sql-tokens.js'

const LONGEST_SUMMARY = 255

export interface QuerySummary {
  /** Operations and what they are on, in the order of the statement: `INSERT shipments SELECT orders`. */
  readonly summary: string | undefined
  /** The operation, where there is just one. */
  readonly operation: string | undefined
}

/** Words that are operations only at the start of a statement or of a part of it in parentheses. */
const OPERATIONS = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE', 'CALL', 'EXEC', 'EXECUTE', 'TRUNCATE', 'EXPLAIN'])
const DEFINITIONS = new Set(['CREATE', 'ALTER', 'DROP'])
const DEFINITION_WORDS = new Set(
  'OR REPLACE TEMP TEMPORARY GLOBAL LOCAL UNLOGGED UNIQUE MATERIALIZED EXTERNAL RECURSIVE IF NOT EXISTS CONCURRENTLY'.split(
    ' ',
  ),
)
/** What stands between such a word and its target. */
const BEFORE_TARGET = new Set([
  'ONLY',
  'LATERAL',
  'TABLE',
  'INTO',
  'FROM',
  'IGNORE',
  'LOW_PRIORITY',
  'IF',
  'NOT',
  'EXISTS',
])
const TARGET_FOLLOWS = new Set(['UPDATE', 'CALL', 'EXEC', 'EXECUTE', 'TRUNCATE', 'JOIN', 'INTO'])
const ENDS_FROM = new Set(
  'WHERE GROUP HAVING ORDER LIMIT OFFSET FETCH WINDOW UNION EXCEPT INTERSECT SET VALUES RETURNING ON USING'.split(' '),
)

/**
 * Semantic conventions for database client spans, "Generating a summary of the query": operations and targets, as
 * written, without anything dynamic, at most 255 characters.
 */
export function summarize(tokens: readonly SqlToken[]): QuerySummary {
  const reader = new SummaryReader(tokens.filter(({ kind }) => kind !== 'space'))
  reader.read()
  const { parts, operations } = reader
  let summary = ''
  for (const part of parts) {
    const longer = summary === '' ? part : `${summary} ${part}`
    if (longer.length > LONGEST_SUMMARY) break
    summary = longer
  }
  return {
    summary: summary === '' ? undefined : summary,
    operation: operations.length === 1 ? operations[0] : undefined,
  }
}

class SummaryReader {
  readonly parts: string[] = []
  readonly operations: string[] = []
  readonly #tokens: readonly SqlToken[]
  #at = 0
  /** One for each open parenthesis: whether a query is in it, and whether we are in its list of tables. */
  readonly #scopes = [{ isQuery: false, inFrom: false }]

  constructor(tokens: readonly SqlToken[]) {
    this.#tokens = tokens
  }

  read(): void {
    for (let token = this.#tokens[0]; token !== undefined; token = this.#tokens[++this.#at]) {
      const { kind, text } = token
      if (kind === 'word') this.#readWord(text)
      else if (kind === 'punctuation') this.#readPunctuation(text)
    }
  }

  #readPunctuation(text: string): void {
    if (text === '(') this.#scopes.push({ isQuery: false, inFrom: false })
    else if (text === ')' && this.#scopes.length > 1) this.#scopes.pop()
    else if (text === ',' && this.#scope.inFrom) this.#readTarget()
  }

  #readWord(text: string): void {
    const word = text.toUpperCase()
    const startsPart = this.#startsPart()
    if (word === 'SELECT' || (startsPart && OPERATIONS.has(word))) {
      this.#operation(text)
      this.#scope.isQuery = true
      this.#scope.inFrom = false
      if (TARGET_FOLLOWS.has(word)) this.#readTarget()
    } else if (startsPart && DEFINITIONS.has(word)) this.#readDefinition(text)
    else if (word === 'FROM' && this.#scope.isQuery && this.#previous()?.text.toUpperCase() !== 'DISTINCT') {
      // Not the FROM of `extract(year FROM …)` and `IS DISTINCT FROM`.
      this.#scope.inFrom = true
      this.#readTarget()
    } else if ((word === 'JOIN' || word === 'INTO') && this.#scope.isQuery) this.#readTarget()
    else if (ENDS_FROM.has(word)) this.#scope.inFrom = false
    else if (this.#at === 0 && word !== 'WITH') this.#operation(text)
  }

  get #scope(): { isQuery: boolean; inFrom: boolean } {
    return this.#scopes.at(-1) as { isQuery: boolean; inFrom: boolean }
  }

  #previous(): SqlToken | undefined {
    return this.#tokens[this.#at - 1]
  }

  /** After `)` as well: `WITH recent AS (...) DELETE FROM ...`. */
  #startsPart(): boolean {
    const previous = this.#previous()?.text.toUpperCase()
    return previous === undefined || ['(', ')', ';', 'EXPLAIN', 'ANALYZE'].includes(previous)
  }

  #operation(text: string): void {
    this.parts.push(text)
    this.operations.push(text)
  }

  /** `CREATE UNIQUE INDEX CONCURRENTLY ...` is `CREATE INDEX`. */
  #readDefinition(text: string): void {
    this.#skipWords(DEFINITION_WORDS)
    const object = this.#tokens[this.#at + 1]
    if (object?.kind !== 'word') {
      this.#operation(text)
      return
    }
    this.#at += 1
    this.#operation(`${text} ${object.text}`)
    this.#skipWords(DEFINITION_WORDS)
    this.#readTarget()
  }

  #readTarget(): void {
    this.#skipWords(BEFORE_TARGET)
    let target = ''
    for (let next = this.#tokens[this.#at + 1]; isName(next); next = this.#tokens[this.#at + 1]) {
      target += next.text
      this.#at += 1
      if (this.#tokens[this.#at + 1]?.text !== '.') break
      target += '.'
      this.#at += 1
    }
    // `FROM generate_series(1, 10)`: a function, unless it is called, or a list of columns: `INSERT INTO orders (id)`.
    const isFunction = this.#scope.inFrom && this.#tokens[this.#at + 1]?.text === '('
    if (target !== '' && !isFunction) this.parts.push(target)
  }

  #skipWords(words: ReadonlySet<string>): void {
    for (let next = this.#tokens[this.#at + 1]; next?.kind === 'word' && words.has(next.text.toUpperCase());) {
      this.#at += 1
      next = this.#tokens[this.#at + 1]
    }
  }
}

function isName(token: SqlToken | undefined): token is SqlToken {
  if (token?.kind === 'identifier') return true
  return token?.kind === 'word' && token.text.toUpperCase() !== 'SELECT'
}
