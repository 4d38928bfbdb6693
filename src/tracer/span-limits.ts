import type { SpanLimits } from '@opentelemetry/sdk-trace'
import { checkKeys, checkNumber, checkPlainObject, type NumberRange } from '../internal/checks/validate.js'

export type ResolvedSpanLimits = Readonly<Required<SpanLimits>>

/** Those of the specification, "Span Limits". */
const DEFAULTS: ResolvedSpanLimits = {
  attributeCountLimit: 128,
  attributeValueLengthLimit: Infinity,
  eventCountLimit: 128,
  linkCountLimit: 128,
  attributePerEventCountLimit: 128,
  attributePerLinkCountLimit: 128,
}

const COUNT: NumberRange = { min: 0, integer: true }

const RANGES: Readonly<Record<keyof SpanLimits, NumberRange>> = {
  attributeCountLimit: COUNT,
  attributeValueLengthLimit: { min: 0 },
  eventCountLimit: COUNT,
  linkCountLimit: COUNT,
  attributePerEventCountLimit: COUNT,
  attributePerLinkCountLimit: COUNT,
}

/** @throws TracingConfigError for a limit that is none */
export function checkSpanLimits(option: string, limits: SpanLimits | undefined): void {
  checkPlainObject(option, limits)
  checkKeys(`${option}.`, limits, Object.keys(RANGES))
  for (const [name, limit] of Object.entries(limits ?? {})) {
    if (limit !== Infinity) checkNumber(`${option}.${name}`, limit, RANGES[name as keyof SpanLimits])
  }
}

export function resolveSpanLimits(limits: SpanLimits = {}): ResolvedSpanLimits {
  const given = Object.entries(limits).filter(([, limit]) => limit !== undefined)
  return { ...DEFAULTS, ...(Object.fromEntries(given) as SpanLimits) }
}
