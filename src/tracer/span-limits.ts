import type { SpanLimits } from '@opentelemetry/sdk-trace'
import { numberRow, type OptionRow, type OptionTable } from '../internal/checks/option-table.js'
import { checkNumber, type NumberRange } from '../internal/checks/validate.js'

export type ResolvedSpanLimits = Readonly<Required<SpanLimits>>

/** Specification, "Span Limits". The variables and keys for spans take precedence over the general ones. */
export const SPAN_LIMITS: OptionTable<SpanLimits> = {
  attributeCountLimit: count('attribute_count_limit', 'OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', 'OTEL_ATTRIBUTE_COUNT_LIMIT'),
  attributeValueLengthLimit: limit({ min: 0 }, Infinity, 'attribute_value_length_limit', [
    'OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT',
    'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT',
  ]),
  eventCountLimit: count('event_count_limit', 'OTEL_SPAN_EVENT_COUNT_LIMIT'),
  linkCountLimit: count('link_count_limit', 'OTEL_SPAN_LINK_COUNT_LIMIT'),
  // The specification's name takes precedence over the one that NodeSDK knows.
  attributePerEventCountLimit: count(
    'event_attribute_count_limit',
    'OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT',
    'OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT',
  ),
  attributePerLinkCountLimit: count(
    'link_attribute_count_limit',
    'OTEL_LINK_ATTRIBUTE_COUNT_LIMIT',
    'OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT',
  ),
}

function count(fileKey: string, ...variables: string[]): OptionRow<number> {
  return limit({ min: 0, integer: true }, 128, fileKey, variables)
}

/** In the environment, all limits are integers. */
function limit(range: NumberRange, value: number, fileKey: string, variables: string[]): OptionRow<number> {
  return {
    ...numberRow({ ...range, integer: true }, { default: value, fileKey, variables }),
    check(option, given) {
      if (given !== Infinity) checkNumber(option, given, range)
    },
  }
}
