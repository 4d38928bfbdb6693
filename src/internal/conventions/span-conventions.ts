import { SpanKind, SpanStatusCode, type AnyValue, type Attributes, type SpanOptions } from '@opentelemetry/api'
import type { TimedEvent } from '@opentelemetry/sdk-trace'
import { safeGet } from '../checks/safe-get.js'
import { duplicatedDomains, type Domain } from './opt-in.js'
import { CONVENTIONS, RENAMED, type Convention, type Described, type Renamed } from './table.js'

/*
 * A file of its own in the build, loaded with the first tracer whose spans are not by the current conventions; see
 * scripts/files-apart.ts.
 */

/** Instrumentations that write former names: of databases and HTTP, none of those that come with us does any more. */
const WITH_FORMER_NAMES: ReadonlySet<Domain> = new Set(['gen_ai', 'messaging', 'rpc'])

/** A span that is about to end. */
export interface EndingSpan extends Described {
  readonly status: { readonly code: SpanStatusCode; readonly message?: string }
  readonly events: readonly TimedEvent[]
  rename(name: string): void
  setAttribute(key: string, value: AnyValue): void
  replaceStatus(code: SpanStatusCode): void
}

/** Has the spans of one tracer written by the current conventions, and where it is asked for by the former ones as well. */
export class SpanConventions {
  readonly #convention: Convention
  readonly #isDuplicated: boolean
  /** Nothing is renamed where none of the instrumentations of a domain writes former names. */
  readonly #renames: boolean
  readonly #byFormer: ReadonlyMap<string, Renamed>
  readonly #byCurrent: ReadonlyMap<string, Renamed[]>

  constructor(convention: Convention, isDuplicated: boolean) {
    const rows = RENAMED.filter(({ domain }) => domain === convention.domain)
    this.#convention = convention
    this.#isDuplicated = isDuplicated
    this.#renames = isDuplicated || convention.writesFormerNames === true || WITH_FORMER_NAMES.has(convention.domain)
    this.#byFormer = new Map(rows.map((row) => [row.former, row]))
    this.#byCurrent = isDuplicated ? Map.groupBy(rows, ({ current = '' }) => current) : new Map()
  }

  /** What a span begins with: what a sampler is asked about. */
  begin(name: string, options: SpanOptions): { name: string; options: SpanOptions } {
    const given = options.kind ?? SpanKind.INTERNAL
    const kind = this.#convention.kind?.(given) ?? given
    const attributes = this.attributes(options.attributes ?? {}, kind)
    const current = this.#convention.name?.({ name, kind, attributes }) ?? name
    const isAsGiven = attributes === options.attributes && kind === options.kind
    return { name: current, options: isAsGiven ? options : { ...options, kind, attributes } }
  }

  /** Whether the attribute stays as it is. */
  isCurrent(key: string): boolean {
    return !this.#renames || (!this.#byFormer.has(key) && !this.#byCurrent.has(key))
  }

  attributes(given: Attributes, kind: SpanKind): Attributes {
    if (!this.#renames) return given
    const written: Attributes = {}
    for (const key of Object.keys(given)) {
      const value = given[key]
      const row = this.#byFormer.get(key)
      if (row === undefined || !isOfKind(row, kind)) written[key] = value
      else if (row.current !== undefined) written[row.current] = currentValue(row, value)
      if (!this.#isDuplicated) continue
      if (row !== undefined) written[key] = value
      for (const former of this.#byCurrent.get(key) ?? []) {
        if (isOfKind(former, kind)) written[former.former] = formerValue(former, value)
      }
    }
    Object.assign(written, this.#convention.combined?.(given))
    if (this.#isDuplicated && kind === SpanKind.SERVER && 'url.path' in given) written['http.target'] = targetOf(given)
    return written
  }

  /** Whether an exception that is recorded makes the span an error. */
  isError(exception: unknown): boolean {
    if (!this.#convention.exceptionsAreErrors) return false
    const status = safeGet(exception, 'status') ?? safeGet(exception, 'statusCode')
    return !(typeof status === 'number' && status < 500)
  }

  get endsTwice(): boolean {
    return this.#convention.endsTwice ?? false
  }

  /** @param hasOwnName the app has named the span */
  end(span: EndingSpan, hasOwnName: boolean): void {
    const { name, derive, status, renamesItself } = this.#convention
    derive?.(span, (key, value) => addMissing(span, key, value))
    if (span.status.code === SpanStatusCode.ERROR) this.#describeFailure(span)
    const code = status?.(span)
    if (code !== undefined && span.status.code !== SpanStatusCode.OK && code !== span.status.code)
      span.replaceStatus(code)
    const current = hasOwnName && !renamesItself ? undefined : name?.(span)
    if (current !== undefined && current !== span.name) span.rename(current)
  }

  /** The class of a failure, and the code that a database has answered with, from the exception that was recorded. */
  #describeFailure(span: EndingSpan): void {
    if (this.#convention.domain !== 'database') return
    const attributes = span.events.find((event) => event.name === 'exception')?.attributes
    if (!attributes) return
    const message = String(attributes['exception.message'])
    const { failure, answers = SQLSTATE } = this.#convention
    const { type, code = attributes['exception.type'] } = failure?.exec(message)?.groups ?? {}
    if (type !== undefined) attributes['exception.type'] ??= type
    const isAnswer = typeof code === 'string' && answers.test(code)
    // That an error is one says nothing.
    if (isAnswer && span.attributes['error.type'] === 'Error') span.setAttribute('error.type', code)
    addMissing(span, 'error.type', typeof code === 'string' && code !== 'UNKNOWN' ? code : type)
    if (isAnswer) addMissing(span, 'db.response.status_code', code)
  }
}

const SQLSTATE = /^(?=.*\d)[0-9A-Z]{5}$/

function addMissing(span: EndingSpan, key: string, value: AnyValue): void {
  if (value !== undefined && span.attributes[key] === undefined) span.setAttribute(key, value)
}

/** One attribute formerly, two now. */
const targetOf = ({ 'url.path': path, 'url.query': query }: Attributes): string =>
  `${textOf(path)}${query === undefined ? '' : `?${textOf(query)}`}`

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

const isOfKind = ({ kinds }: Renamed, kind: SpanKind): boolean => kinds?.includes(kind) ?? true

function currentValue({ values }: Renamed, value: AnyValue): AnyValue {
  return values?.[String(value)] ?? value
}

function formerValue({ values = {} }: Renamed, value: AnyValue): AnyValue {
  const [former] = Object.entries(values).find(([, current]) => current === value) ?? []
  if (former === undefined) return value
  return /^\d+$/.test(former) ? Number(former) : former
}

/** Undefined where nothing of the scope's is to be changed. */
export function spanConventions(shortName: string): SpanConventions | undefined {
  const convention = CONVENTIONS[shortName]
  if (!convention) return undefined
  const isDuplicated = duplicatedDomains().has(convention.domain)
  return isDuplicated || changesAnything(convention) ? new SpanConventions(convention, isDuplicated) : undefined
}

function changesAnything({ domain, ...rest }: Convention): boolean {
  return WITH_FORMER_NAMES.has(domain) || Object.keys(rest).length > 0
}
