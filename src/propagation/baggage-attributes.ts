import { propagation } from '@opentelemetry/api'
import type { SpanProcessor } from '@opentelemetry/sdk-trace'
import { listRow, type OptionRow } from '../internal/checks/option-table.js'
import { warnOfError } from '../internal/diagnostics/diagnostics.js'
import { passiveProcessor } from '../internal/processors/fan-out.js'

/** `*` alone is not allowed: all of the baggage is whatever callers send. */
export const BAGGAGE_ATTRIBUTES: OptionRow<readonly string[]> = listRow<string>(
  {
    entry: 'a baggage key, or the beginning of keys with * behind it, as in app.*',
    list: 'a list of names, or beginnings such as app.*',
  },
  (key) => typeof key === 'string' && /^[^*]+\*?$/.test(key),
  { variables: ['SPANWRIGHT_BAGGAGE_ATTRIBUTES'], default: [] },
)

/**
 * Copies entries of baggage to every span that starts, as attributes of the same name; of the span's own attributes none
 * is changed. Only what is on the list: exact keys, or their beginning with `*` behind it (`app.*`). Baggage comes from
 * callers, so list no key by which they could fill spans, and no personal data.
 *
 * @throws TracingConfigError when an entry is no such key, or `*` alone
 */
export function baggageSpanProcessor(keys: readonly string[]): SpanProcessor {
  BAGGAGE_ATTRIBUTES.check('baggageAttributes', keys)
  const names = new Set(keys.filter((key) => !key.endsWith('*')))
  const beginnings = keys.filter((key) => key.endsWith('*')).map((key) => key.slice(0, -1))
  const isListed = (key: string): boolean => names.has(key) || beginnings.some((beginning) => key.startsWith(beginning))
  return passiveProcessor({
    onStart(span, parentContext) {
      try {
        for (const [key, { value }] of propagation.getBaggage(parentContext)?.getAllEntries() ?? []) {
          if (isListed(key) && !Object.hasOwn(span.attributes, key)) span.setAttribute(key, value)
        }
      } catch (error) {
        warnOfError('baggage could not be copied to a span', error)
      }
    },
  })
}
