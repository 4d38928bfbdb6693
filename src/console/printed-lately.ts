import type { ReadableSpan } from '@opentelemetry/sdk-trace'

const MOST_NAMES_REMEMBERED = 2_000

/** Traces and spans printed of late, to recognise what continues them. */
export class PrintedLately {
  readonly #traces = new Map<string, true>()
  readonly #names = new Map<string, string>()

  add(traceId: string, spans: readonly ReadableSpan[]): void {
    remember(this.#traces, traceId, true)
    for (const span of spans) remember(this.#names, span.spanContext().spanId, span.name.slice(0, 100))
  }

  hasTrace(traceId: string): boolean {
    return this.#traces.has(traceId)
  }

  nameOf(spanId: string): string | undefined {
    return this.#names.get(spanId)
  }
}

function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= MOST_NAMES_REMEMBERED) return
  const [oldest] = map.keys()
  if (oldest !== undefined) map.delete(oldest)
}
