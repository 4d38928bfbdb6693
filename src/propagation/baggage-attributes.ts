import { propagation, type Context } from '@opentelemetry/api'
import type { Span, SpanProcessor } from '@opentelemetry/sdk-trace'
import { messageOf, warnOnce } from '../internal/diagnostics/diagnostics.js'
import { TracingConfigError, checkArray } from '../internal/checks/validate.js'

const ALLOWED = 'a baggage key, or the beginning of keys with * behind it, as in app.*'

/**
 * Copies entries of baggage to every span that starts, as attributes of the same name; of the span's own attributes none
 * is changed. Only what is on the list: exact keys, or their beginning with `*` behind it (`app.*`). Baggage comes from
 * callers, so list no key by which anybody could fill spans, and no personal data.
 *
 * @throws TracingConfigError when an entry is no such key, or `*` alone
 */
export function baggageSpanProcessor(keys: readonly string[]): SpanProcessor {
  checkBaggageAttributes(keys)
  return new BaggageSpanProcessor(keys)
}

/** @throws TracingConfigError for the first entry that is wrong: `baggageAttributes[0] must be …` */
export function checkBaggageAttributes(keys: unknown): void {
  checkArray('baggageAttributes', keys)
  for (const [index, key] of ((keys ?? []) as readonly unknown[]).entries()) {
    const option = `baggageAttributes[${index}]`
    if (typeof key !== 'string') {
      throw new TracingConfigError('ERR_OPTION_TYPE', { option, allowed: ALLOWED, received: key })
    }
    // All of the baggage is what anybody sends: there is no word for that.
    if (/^[^*]+\*?$/.test(key)) continue
    throw new TracingConfigError('ERR_OPTION_RANGE', { option, allowed: ALLOWED, received: key })
  }
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
