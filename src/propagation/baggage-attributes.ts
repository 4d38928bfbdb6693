import { propagation, type Context } from '@opentelemetry/api'
import type { Span, SpanProcessor } from '@opentelemetry/sdk-trace'
import { messageOf, warnOnce } from '../internal/diagnostics/diagnostics.js'
import { listRow, type OptionRow } from '../internal/checks/option-table.js'

/** All of the baggage is what anybody sends: there is no word for that. */
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
 * callers, so list no key by which anybody could fill spans, and no personal data.
 *
 * @throws TracingConfigError when an entry is no such key, or `*` alone
 */
export function baggageSpanProcessor(keys: readonly string[]): SpanProcessor {
  BAGGAGE_ATTRIBUTES.check('baggageAttributes', keys)
  return new BaggageSpanProcessor(keys)
}

class BaggageSpanProcessor implements SpanProcessor {
  readonly #names: ReadonlySet<string>
  readonly #beginnings: readonly string[]

  constructor(keys: readonly string[]) {
    this.#names = new Set(keys.filter((key) => !key.endsWith('*')))
    this.#beginnings = keys.filter((key) => key.endsWith('*')).map((key) => key.slice(0, -1))
  }

  onStart(span: Span, parentContext: Context): void {
    try {
      for (const [key, { value }] of propagation.getBaggage(parentContext)?.getAllEntries() ?? []) {
        if (this.#isListed(key) && !Object.hasOwn(span.attributes, key)) span.setAttribute(key, value)
      }
    } catch (error) {
      warnOnce('baggage attributes', `baggage could not be copied to a span: ${messageOf(error)}`)
    }
  }

  onEnd(): void {}

  forceFlush(): Promise<void> {
    return Promise.resolve()
  }

  shutdown(): Promise<void> {
    return Promise.resolve()
  }

  #isListed(key: string): boolean {
    return this.#names.has(key) || this.#beginnings.some((beginning) => key.startsWith(beginning))
  }
}
