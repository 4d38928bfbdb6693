import type { AnyValue, Attributes } from '@opentelemetry/api'
import { cleanedErrorText, cleanedValue } from './known-secrets.js'

/** What the option `redact` does to a value, after what is done by default. */
export interface Redaction {
  /** Undefined: the attribute is left out. */
  attribute(key: string, value: AnyValue): AnyValue
  /** A text that is no attribute: a name, the message of a status, the body of a log record. */
  text(text: string): string
}

export interface SpanValuesOptions {
  /** Whether queries lose their values. Default: true. */
  readonly sanitizesQueries?: boolean
  readonly redaction?: Redaction | undefined
  /** Instrumentations that the app has told what to write of a query. */
  readonly scopesWithOwnQueries?: ReadonlySet<string> | undefined
}

/** What stands in the way of secrets on their way into spans, and into what else is sent: the one place for all of them. */
export class SpanValues {
  readonly #options: SpanValuesOptions
  readonly #sanitizesQueries: boolean
  readonly #redaction: Redaction | undefined

  constructor(options: SpanValuesOptions = {}) {
    this.#options = options
    this.#sanitizesQueries = options.sanitizesQueries ?? true
    this.#redaction = options.redaction
  }

  /** Whether there is more to do than what is done by default. */
  get isRedacting(): boolean {
    return this.#redaction !== undefined
  }

  /** For the spans of one tracer. */
  ofScope(name: string): SpanValues {
    if (!this.#sanitizesQueries || !this.#options.scopesWithOwnQueries?.has(name)) return this
    return new SpanValues({ ...this.#options, sanitizesQueries: false })
  }

  /**
   * The value that an attribute may have; undefined where it is left out.
   *
   * @param others attributes that it stands beside: they say of which database a query is
   */
  attribute(key: string, value: AnyValue, others: Attributes): AnyValue {
    const clean = mayHoldSecret(key, value) ? cleanedValue(key, value, others, this.#sanitizesQueries) : value
    return this.#redaction === undefined ? clean : this.#redaction.attribute(key, clean)
  }

  /** The attributes of anything, each as it may be. */
  attributes(given: Attributes): Attributes {
    const clean: Attributes = {}
    for (const key of Object.keys(given)) {
      const value = this.attribute(key, given[key], given)
      if (value !== undefined) clean[key] = value
    }
    return clean
  }

  /** A name, or another text that is not an error's. */
  text(text: string): string {
    return this.#redaction === undefined ? text : this.#redaction.text(text)
  }

  /** What an error says, or has a status say. */
  errorText(text: string): string {
    return this.text(text === '' ? text : cleanedErrorText(text, this.#sanitizesQueries))
  }
}

/** By default: no secrets that are known by a name or a form, queries without values. */
export const DEFAULT_VALUES: SpanValues = new SpanValues()

const IN_URL = /[?#@;=]/
const IN_ARGUMENT =
  /[=@"]|: |^--?[\w.-]*(?:pass|pwd|secret|token|key|auth|cred|cookie|sess|sid|sig|code|jwt|otp|bearer|ticket|assert|saml|conn)/i

function mayHoldSecret(key: string, value: AnyValue): boolean {
  if (typeof value === 'string') return isSuspect(key, value)
  return Array.isArray(value) && value.some((each) => typeof each === 'string' && isSuspect(key, each))
}

/**
 * Whether the attribute may hold a secret, by its name in the semantic conventions, of now and of old, and by what has to be in
 * it for that. Every attribute is asked for, and nearly all differ in the lengths of their names.
 */
function isSuspect(key: string, text: string): boolean {
  switch (key.length) {
    case 8:
      if (key === 'url.path') return text.includes(';')
      return (key === 'url.full' || key === 'http.url') && IN_URL.test(text)
    case 9:
      return key === 'url.query' && text.includes('=')
    case 11:
      return key === 'http.target' && IN_URL.test(text)
    case 12:
      return key === 'db.statement' || (key === 'url.fragment' && text.includes('='))
    case 13:
      return key === 'db.query.text' || key === 'error.message' || (key === 'messaging.url' && IN_URL.test(text))
    case 17:
      return key === 'exception.message'
    case 20:
      if (key === 'process.command_args' || key === 'process.command_line') return IN_ARGUMENT.test(text)
      return key === 'exception.stacktrace' || (key === 'db.connection_string' && IN_URL.test(text))
    default:
      return isHeader(key) && IN_URL.test(text)
  }
}

const SHORTEST_HEADER = 'http.request.header.x'.length
const H = 0x68

/** Headers that the app has named are its own choice; but those that hold URLs hold what is in those. */
function isHeader(key: string): boolean {
  if (key.length < SHORTEST_HEADER || (key.charCodeAt(13) !== H && key.charCodeAt(14) !== H)) return false
  return key.startsWith('http.request.header.') || key.startsWith('http.response.header.')
}
