import type { AnyValue, Attributes, Link, Exception } from '@opentelemetry/api'
import { cleanAttributes, cleanSimpleAttributes } from '@opentelemetry/core'
import {
  ATTR_EXCEPTION_MESSAGE,
  ATTR_EXCEPTION_STACKTRACE,
  ATTR_EXCEPTION_TYPE,
} from '@opentelemetry/semantic-conventions'
import { diagWarn, messageOf } from '../internal/diagnostics/diagnostics.js'
import type { SpanValues } from '../internal/privacy/span-values.js'
import type { ResolvedSpanLimits } from './span-limits.js'

export interface CleanAttributes {
  readonly attributes?: Attributes | undefined
  readonly droppedAttributesCount?: number | undefined
}

type Clean = typeof cleanAttributes

const UNLIMITED = { attributeCountLimit: Infinity, attributeValueLengthLimit: Infinity }

/** Whether the value needs neither a look at what is inside of it nor a cut. Nearly all are so. */
export function isSimple(value: unknown, mostLength: number): value is AnyValue {
  if (typeof value === 'string') return value.length <= mostLength
  return typeof value === 'number' || typeof value === 'boolean'
}

/** What a sampler is shown of the attributes given for a span: the valid ones, all of them, without secrets. */
export function validAttributes(given: unknown, values: SpanValues): CleanAttributes {
  if (typeof given !== 'object' || given === null) return {}
  const simple = simpleCopy(given, values)
  if (simple) return simple
  return withoutSecrets(carefully(cleanAttributes, given, UNLIMITED), values)
}

/** What a span may have of the valid ones, and of those that a sampler adds: they may be anything. */
export function attributesWithin(limits: ResolvedSpanLimits, valid: Attributes, sampled?: Attributes): CleanAttributes {
  const { attributeCountLimit, attributeValueLengthLimit } = limits
  if (sampled && !isAllSimple(sampled)) {
    return carefully((given, most) => cleanAttributes(Object.assign(valid, given), most), sampled, limits)
  }
  const attributes = sampled ? Object.assign(valid, sampled) : valid
  if (attributeValueLengthLimit === Infinity && countOf(attributes) <= attributeCountLimit) return { attributes }
  return carefully(cleanAttributes, attributes, limits)
}

/** Callers in plain JavaScript may hand over anything. */
export function isLink(link: unknown): link is Link {
  return typeof link === 'object' && link !== null && typeof (link as Link).context === 'object'
}

/** The link with a copy of its attributes, within the limits and without secrets. */
export function cleanLink({ context, attributes }: Link, limits: ResolvedSpanLimits, values: SpanValues): Link {
  const { attributePerLinkCountLimit: attributeCountLimit, attributeValueLengthLimit } = limits
  const clean = carefully(cleanAttributes, attributes, { attributeCountLimit, attributeValueLengthLimit })
  return { context, ...withoutSecrets(clean, values) } as Link
}

/** Specification: the values of events are primitive ones, and arrays of them. */
export function eventAttributes(limits: ResolvedSpanLimits, given: unknown, values: SpanValues): CleanAttributes {
  const { attributePerEventCountLimit: attributeCountLimit, attributeValueLengthLimit } = limits
  const clean = carefully(cleanSimpleAttributes, given, { attributeCountLimit, attributeValueLengthLimit })
  return withoutSecrets(clean, values)
}

export function countOf(attributes: Attributes): number {
  let count = 0
  for (const _ in attributes) count += 1
  return count
}

function isAllSimple(given: Attributes): boolean {
  try {
    for (const key in given) if (key === '' || !isSimple(given[key], Infinity)) return false
    return true
  } catch {
    return false
  }
}

/** Undefined where a value is not simple, or can't be read. Copied as a whole: one by one takes four times as long. */
function simpleCopy(given: object, values: SpanValues): CleanAttributes | undefined {
  try {
    const attributes: Attributes = { ...given }
    let hasUndefined = false
    for (const key in attributes) {
      const value = attributes[key]
      if (value === undefined) {
        hasUndefined = true
        continue
      }
      if (key === '' || !isSimple(value, Infinity)) return undefined
      const clean = values.attribute(key, value, attributes)
      if (clean === value) continue
      attributes[key] = clean
      if (clean === undefined) hasUndefined = true
    }
    return { attributes: hasUndefined ? withoutUndefined(attributes) : attributes }
  } catch {
    return undefined
  }
}

function withoutUndefined(attributes: Attributes): Attributes {
  const defined: Attributes = {}
  for (const key in attributes) if (attributes[key] !== undefined) defined[key] = attributes[key]
  return defined
}

function withoutSecrets(clean: CleanAttributes, values: SpanValues): CleanAttributes {
  return clean.attributes ? { ...clean, attributes: values.attributes(clean.attributes) } : clean
}

/** A getter of the host's may throw: then none of them is there, rather than an error in the host. */
function carefully(clean: Clean, given: unknown, limits: Parameters<Clean>[1]): CleanAttributes {
  try {
    const cleaned: CleanAttributes = clean(given, limits)
    // Copied, because one called __proto__ has become what they inherit from.
    return cleaned.attributes ? { ...cleaned, attributes: { ...cleaned.attributes } } : cleaned
  } catch (error) {
    diagWarn(() => `Attributes can't be read: ${messageOf(error)}`)
    return { attributes: {}, droppedAttributesCount: 1 }
  }
}

/** Semantic conventions, "Exceptions"; empty where there is neither a type nor a message, or none can be read. */
export function exceptionAttributes(exception: Exception | null | undefined): Attributes {
  try {
    return attributesOf(exception)
  } catch {
    return {}
  }
}

function attributesOf(exception: Exception | null | undefined): Attributes {
  if (!exception) return {}
  if (typeof exception === 'string') return { [ATTR_EXCEPTION_MESSAGE]: exception }
  const { code, name, message, stack } = exception
  const type = code ? code.toString() : name
  if (!type && !message) return {}
  return {
    ...(type && { [ATTR_EXCEPTION_TYPE]: type }),
    ...(message && { [ATTR_EXCEPTION_MESSAGE]: message }),
    ...(stack && { [ATTR_EXCEPTION_STACKTRACE]: stack }),
  }
}
