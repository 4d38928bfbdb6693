import { SpanStatusCode } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { observeSpans } from '../internal/processors/span-observers.js'
import { connectTracing } from './collecting-provider.js'

/** A span and those beneath it, with as little as a test needs: missing keys say "none". */
export interface SpanTree {
  readonly name: string
  /** The message of the status, for spans with the status ERROR; empty when it has none. */
  readonly error?: string
  /** In the order of their start. */
  readonly children?: readonly SpanTree[]
}

/** The spans that have started and ended since the collection began, in the order of their end: an array that grows. */
export interface SpanCollection extends ReadonlyArray<ReadableSpan>, AsyncDisposable {
  /**
   * The first span of this name that ended. For several, or to see that there is none, it is an array:
   * `spans.filter(({ name }) => name === 'query')`.
   *
   * @throws Error that lists the names there are, when there is no such span.
   */
  named(name: string): ReadableSpan
  /**
   * The ended spans as plain objects, `[{ name: 'checkout', children: [{ name: 'charge' }] }]`, roots and children in
   * the order of their start. A span whose parent is not in the collection (still open, remote, or from before) is a
   * root.
   */
  tree(): SpanTree[]
  /** @throws Error that names the spans which were started in this collection and have not ended. */
  assertNoneOpen(): void
  /** Forgets every span so far; those that are open now are not collected when they end. */
  clear(): void
  /** Stops collecting, and takes back what was registered for it. What was collected stays. A second call does nothing. */
  stop(): Promise<void>
}

/**
 * Collects the spans of this process, for tests of your own code:
 *
 * ```ts
 * await using spans = collectSpans()
 * await checkout()
 * expect(spans.tree()).toEqual([{ name: 'checkout', children: [{ name: 'charge' }] }])
 * spans.assertNoneOpen()
 * ```
 *
 * With tracing running (startTracing, or a NodeSDK of your own), it sees what that records: what is not sampled is not
 * there. Without, it registers a provider that records everything, with a context manager, until `stop()`. Spans that
 * other tests of the same process make at the same time are in it, too.
 *
 * @throws Error when a TracerProvider is registered that it cannot look into.
 */
export function collectSpans(): SpanCollection {
  return new Collection()
}

class Collection extends Array<ReadableSpan> implements SpanCollection {
  readonly #open = new Map<string, ReadableSpan>()
  /** When each span started, as a count: clocks are too coarse for the order of siblings. */
  readonly #starts = new Map<string, number>()
  readonly #stop: () => void

  /** `filter` and `map` give plain arrays. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array
  }

  constructor() {
    super()
    const disconnect = connectTracing()
    const unobserve = observeSpans({
      onStart: (span) => {
        this.#open.set(idOf(span), span)
        this.#starts.set(idOf(span), this.#starts.size)
      },
      onEnd: (span) => {
        // What an earlier test left open is not this one's.
        if (this.#open.delete(idOf(span))) this.push(span)
      },
    })
    this.#stop = () => {
      unobserve()
      disconnect()
    }
  }

  named(name: string): ReadableSpan {
    const found = this.find((span) => span.name === name)
    if (found !== undefined) return found
    throw new Error(`no span named '${name}' has ended; ended: ${listed(this)}; open: ${listed(this.#open.values())}`)
  }

  tree(): SpanTree[] {
    const ids = new Set(this.map(idOf))
    const byParent = Map.groupBy(
      this.toSorted((a, b) => this.#startOf(a) - this.#startOf(b)),
      (span) => {
        const parent = span.parentSpanContext
        return parent !== undefined && ids.has(keyOf(parent)) ? keyOf(parent) : undefined
      },
    )
    const treesUnder = (parent: string | undefined): SpanTree[] =>
      (byParent.get(parent) ?? []).map((span) => {
        const children = treesUnder(idOf(span))
        return {
          name: span.name,
          ...(span.status.code === SpanStatusCode.ERROR && { error: span.status.message ?? '' }),
          ...(children.length > 0 && { children }),
        }
      })
    return treesUnder(undefined)
  }

  assertNoneOpen(): void {
    const count = this.#open.size
    if (count === 0) return
    throw new Error(`${count} ${count === 1 ? 'span is' : 'spans are'} still open: ${listed(this.#open.values())}`)
  }

  clear(): void {
    this.length = 0
    this.#open.clear()
    this.#starts.clear()
  }

  stop(): Promise<void> {
    this.#stop()
    return Promise.resolve()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  #startOf(span: ReadableSpan): number {
    return this.#starts.get(idOf(span)) ?? 0
  }
}

function idOf(span: ReadableSpan): string {
  return keyOf(span.spanContext())
}

function keyOf({ traceId, spanId }: { traceId: string; spanId: string }): string {
  return `${traceId}/${spanId}`
}

function listed(spans: Iterable<ReadableSpan>): string {
  return Array.from(spans, ({ name }) => name).join(', ') || 'none'
}
