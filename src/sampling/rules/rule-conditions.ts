import { SpanKind, type AnyValue, type Attributes, type SpanContext } from '@opentelemetry/api'
import { checkOneOf, checkPlainObject, checkString, wrongType } from '../../internal/checks/validate.js'
import { compileGlob, compileRouteGlob, type Matcher } from '../../internal/matching/glob.js'

/** A span that is about to start, as a rule sees it. */
export interface SpanSample {
  readonly name: string
  readonly kind: SpanKind
  /** Those given at the start; what an instrumentation adds later (`http.route`, the status) is not known yet. */
  readonly attributes: Attributes
  readonly parent: SpanContext | undefined
}

export type SpanKindName = 'internal' | 'server' | 'client' | 'producer' | 'consumer'
export type ParentKind = 'none' | 'remote' | 'local'

const KINDS: Readonly<Record<SpanKindName, SpanKind>> = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
}
const PARENTS: Readonly<Record<ParentKind, number>> = { none: 0, remote: 1, local: 2 }
const ALL_KINDS = Object.keys(KINDS) as SpanKindName[]
const LOCAL_ROOT_PARENTS: readonly ParentKind[] = ['none', 'remote']

type OneOrMore<T> = T | readonly T[]

/** What a rule asks of a span; all that is given must hold, and of several values any one. */
export interface RuleConditions {
  /** The span's name, as a glob: `GET /api/*`. */
  name?: OneOrMore<string>
  /**
   * The path of an HTTP request, as a glob in which `:id` and `{id}` stand for one segment: `/users/:id`. Read from
   * `http.route`, `url.path` or `http.target`, the first that is there at the start.
   */
  route?: OneOrMore<string>
  kind?: OneOrMore<SpanKindName>
  /** Attributes at the start: texts are globs; numbers and booleans must be the same. */
  attributes?: Readonly<Record<string, OneOrMore<string | number | boolean>>>
  /** Default `['none', 'remote']`: a rule decides for a whole local trace, and children follow. */
  parent?: OneOrMore<ParentKind>
}

export const CONDITION_NAMES: readonly (keyof RuleConditions)[] = ['name', 'route', 'kind', 'attributes', 'parent']

export type Condition = (sample: SpanSample) => boolean

/** Conditions made ready once. Kinds and parents are sets of bits: they are asked first, and of every span. */
export interface CompiledConditions {
  readonly kinds: number
  readonly parents: number
  readonly fitsName: Matcher | undefined
  readonly others: readonly Condition[]
}

/** @param option how messages call the rule: `rules[0]`. */
export function compileConditions(option: string, given: RuleConditions): CompiledConditions {
  const others: Condition[] = []
  if (given.route !== undefined) {
    const fits = anyOfGlobs(`${option}.route`, given.route, compileRouteGlob)
    others.push(({ attributes }) => fits(pathOf(attributes) ?? ''))
  }
  checkPlainObject(`${option}.attributes`, given.attributes)
  for (const [key, value] of Object.entries(given.attributes ?? {})) {
    others.push(attributeCondition(`${option}.attributes.${key}`, key, value))
  }
  return {
    kinds: bitsOf(`${option}.kind`, given.kind ?? ALL_KINDS, KINDS),
    parents: bitsOf(`${option}.parent`, given.parent ?? LOCAL_ROOT_PARENTS, PARENTS),
    fitsName: given.name === undefined ? undefined : anyOfGlobs(`${option}.name`, given.name, compileGlob),
    others,
  }
}

/** @param parentBit of {@link parentBitOf} for the sample's parent. */
export function hold(conditions: CompiledConditions, sample: SpanSample, parentBit: number): boolean {
  const { kinds, parents, fitsName, others } = conditions
  if ((parents & parentBit) === 0 || (kinds & (1 << sample.kind)) === 0) return false
  if (fitsName !== undefined && !fitsName(sample.name)) return false
  for (const holds of others) if (!holds(sample)) return false
  return true
}

export function parentBitOf(parent: SpanContext | undefined): number {
  if (parent === undefined) return 1 << PARENTS.none
  return 1 << (parent.isRemote === true ? PARENTS.remote : PARENTS.local)
}

/** Whether children of local spans are asked about. */
export function asksLocalChildren({ parents }: CompiledConditions): boolean {
  return (parents & (1 << PARENTS.local)) !== 0
}

/** The path of an HTTP request without its query, as far as instrumentations set it at the start. */
export function pathOf(attributes: Attributes): string | undefined {
  const path = attributes['http.route'] ?? attributes['url.path'] ?? attributes['http.target']
  if (typeof path !== 'string') return undefined
  const query = path.indexOf('?')
  return query < 0 ? path : path.slice(0, query)
}

function attributeCondition(option: string, key: string, given: OneOrMore<string | number | boolean>): Condition {
  const fits = listOf(given).map((value) => valueMatcher(option, value))
  return ({ attributes }) => {
    const value = attributes[key]
    if (value === undefined) return false
    const values: readonly AnyValue[] = Array.isArray(value) ? (value as AnyValue[]) : [value]
    return fits.some((matches) => values.some(matches))
  }
}

function valueMatcher(option: string, wanted: unknown): (value: AnyValue) => boolean {
  if (typeof wanted === 'string') {
    const fits = compileGlob(wanted)
    return (value) => typeof value === 'string' && fits(value)
  }
  if (typeof wanted === 'number' || typeof wanted === 'boolean') return (value) => value === wanted
  throw wrongType(option, 'a text, a number, a boolean or a list of them', wanted)
}

function anyOfGlobs(option: string, given: OneOrMore<string>, compile: (pattern: string) => Matcher): Matcher {
  const patterns = listOf(given)
  for (const pattern of patterns) checkString(option, pattern)
  const fits = patterns.map(compile)
  const [only] = fits
  return fits.length === 1 && only ? only : (text) => fits.some((matches) => matches(text))
}

function bitsOf<T extends string>(option: string, given: OneOrMore<T>, known: Readonly<Record<T, number>>): number {
  let bits = 0
  for (const name of listOf(given)) {
    checkString(option, name)
    checkOneOf(option, name, Object.keys(known))
    bits |= 1 << known[name]
  }
  return bits
}

function listOf<T>(given: OneOrMore<T>): readonly T[] {
  return Array.isArray(given) ? (given as readonly T[]) : [given as T]
}
