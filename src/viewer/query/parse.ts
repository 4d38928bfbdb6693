import { problemOf } from './check-comparison.js'
import { compile } from './compile.js'
import { builtInKey } from './keys.js'
import { compileRegex } from './patterns.js'
import type {
  Alternatives,
  Comparison,
  Conjunction,
  Operator,
  Query,
  QueryError,
  Structure,
  Term,
  Value,
  Word,
} from './query.js'
import { Scanner, SyntaxFault } from './scanner.js'

const MOST_CHARACTERS = 2_000
const DEEPEST = 20
/** Longer ones first. */
const OPERATORS: readonly Operator[] = ['!=', '>=', '<=', ':', '=', '>', '<', '~']
const NO_KEY_CHARACTER = /[\s:=!<>~(){}"]/
const NO_VALUE_CHARACTER = /[\s(){}]/

/**
 * Reads a query:
 *
 *     service:orders status:error duration>200ms order.id=42 name~"/users/*"
 *     {service:storefront} >> {db.system.name:postgresql duration>50ms}
 *     -name:health (status:error OR duration>1s) "card declined"
 *
 * Terms beside one another hold for the same span; `OR` stands between alternatives. `-` before a term: no span of the
 * trace matches it; within parentheses and braces: the span itself does not.
 */
export function parseQuery(text: string): Query | QueryError {
  if (text.length > MOST_CHARACTERS) {
    return { message: `a query has ${MOST_CHARACTERS} characters at most`, start: MOST_CHARACTERS, end: text.length }
  }
  try {
    const expression = new Parser(text).parse()
    return { text, expression, ...compile(expression) }
  } catch (error) {
    if (error instanceof SyntaxFault) return { message: error.message, ...error.place }
    throw error
  }
}

class Parser {
  readonly #scanner: Scanner
  #depth = 0

  constructor(text: string) {
    this.#scanner = new Scanner(text)
  }

  parse(): Alternatives | undefined {
    this.#scanner.skipSpace()
    if (this.#scanner.isAtEnd()) return undefined
    const expression = this.#alternatives()
    if (!this.#scanner.isAtEnd()) this.#scanner.fail(`this ${this.#scanner.isNext(')') ? ')' : '}'} closes nothing`)
    return expression
  }

  #alternatives(): Alternatives {
    const of: Conjunction[] = [this.#conjunction()]
    while (this.#scanner.takeWord('OR')) of.push(this.#conjunction())
    return { type: 'or', of }
  }

  #conjunction(): Conjunction {
    const scanner = this.#scanner
    const terms: Term[] = []
    while (!scanner.isAtEnd() && !scanner.isNext(')') && !scanner.isNext('}') && !scanner.isNextWord('OR')) {
      // AND is what stands between terms anyway.
      if (!scanner.takeWord('AND')) terms.push(...this.#term())
    }
    if (terms.length === 0) scanner.fail('a condition is missing here')
    return { type: 'and', terms }
  }

  #term(): readonly Term[] {
    const isNegated = this.#scanner.takeMinus()
    const isGroup = this.#scanner.isNext('(')
    const condition = this.#condition()
    this.#scanner.skipSpace()
    // Parentheses around one conjunction change nothing: `(a -b)` is `a -b`.
    const only = isGroup && !isNegated && condition.type === 'or' && condition.of.length === 1 && condition.of[0]
    return only ? only.terms : [{ isNegated, condition }]
  }

  #condition(): Term['condition'] {
    if (this.#scanner.isNext('{')) return this.#structure()
    if (this.#scanner.isNext('(')) return this.#enclosed('(', ')')
    return this.#comparisonOrWord()
  }

  #structure(): Structure | Alternatives {
    const scanner = this.#scanner
    const above = this.#enclosed('{', '}')
    scanner.skipSpace()
    const relation = (['>>', '>'] as const).find((each) => scanner.isNext(each))
    // One pair of braces alone: a span for which all of it holds.
    if (relation === undefined) return above
    const start = scanner.at
    scanner.at += relation.length
    scanner.skipSpace()
    if (!scanner.isNext('{')) scanner.fail(`after ${relation} stands { … }`, start, scanner.at)
    return { type: 'structure', above, relation, below: this.#enclosed('{', '}') }
  }

  #enclosed(open: string, close: string): Alternatives {
    const scanner = this.#scanner
    const start = scanner.at
    scanner.at += open.length
    this.#depth += 1
    if (this.#depth > DEEPEST) scanner.fail(`nested more than ${DEEPEST} deep`, start)
    scanner.skipSpace()
    const inner = this.#alternatives()
    if (!scanner.isNext(close)) scanner.fail(`this ${open} is never closed`, start, start + 1)
    scanner.at += close.length
    this.#depth -= 1
    return inner
  }

  #comparisonOrWord(): Comparison | Word {
    const scanner = this.#scanner
    const key = scanner.takeText(NO_KEY_CHARACTER)
    scanner.skipSpace()
    const operator = this.#takeOperator(key)
    if (operator === undefined) {
      if (key.text === '') scanner.fail('a condition is missing here', key.start)
      return { type: 'word', value: key }
    }
    if (key.text === '') scanner.fail(`a key is missing before ${operator}`, key.start, scanner.at)
    scanner.skipSpace()
    const value = this.#value(operator)
    const comparison: Comparison = {
      type: 'comparison',
      key: key.text,
      isAttribute: key.isQuoted || builtInKey(key.text) === undefined,
      keyPlace: { start: key.start, end: key.end },
      operator,
      value,
    }
    const problem = problemOf(comparison)
    if (problem !== undefined) scanner.fail(problem, key.start, value.end)
    return comparison
  }

  #takeOperator(key: Value): Operator | undefined {
    const scanner = this.#scanner
    if (scanner.isNext('>>')) scanner.fail('>> stands between { … } and { … }', scanner.at, scanner.at + 2)
    if (scanner.isNext('!') && !scanner.isNext('!=')) scanner.fail('! stands before = only')
    const operator = OPERATORS.find((each) => scanner.isNext(each))
    // `status :error` is a word, and a condition without a key.
    if (operator === undefined || (operator === ':' && scanner.at > key.end)) return undefined
    scanner.at += operator.length
    return operator
  }

  #value(operator: Operator): Value {
    const scanner = this.#scanner
    const regex = operator === '~' ? scanner.takeRegex() : undefined
    const value = regex ?? scanner.takeText(NO_VALUE_CHARACTER)
    if (value.text === '' && !value.isQuoted) scanner.fail(`a value is missing after ${operator}`, value.start - 1)
    const problem = regex?.regex === undefined ? undefined : compileRegex(regex.regex)
    if (typeof problem === 'string') scanner.fail(problem, value.start, value.end)
    return value
  }
}
