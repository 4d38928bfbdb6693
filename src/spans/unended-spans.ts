import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace'
import { messageOf } from '../internal/diagnostics/diagnostics.js'
import type { ExitHook } from '../internal/process-exit/exit-hooks.js'
import { monotonicClock, type Clock } from '../internal/runtime/clock.js'
import { callInApp } from './code-location.js'

/** A span that has been open for so long is logged: it may be a stream, and it may have been forgotten. */
const LONG_OPEN_MILLIS = 600_000
const SWEEP_MILLIS = 60_000
/** Beyond these, spans are not watched; the ledger counts them all the same. */
const MOST_WATCHED = 10_000
const MOST_PLACES = 1_000
const MOST_LINES_AT_END = 20

interface Watched {
  readonly id: string
  readonly name: string
  readonly place: string
  readonly startedMillis: number
}

/** What it shares with the main file, of which this one is no part. */
interface UnendedSpansParts {
  readonly warnOnce: (key: string, message: string) => void
  readonly addExitHook: (hook: ExitHook) => () => void
  readonly clock?: Clock
  readonly mostWatched?: number
}

/**
 * Logs the spans that are never ended, once for each place in the app's code that starts them: when the garbage collector finds
 * that nothing can end one any more, when one has been open for ten minutes, and, with their number, when the process ends. A stack
 * is written for each span. Holds no span.
 */
export function unendedSpansProcessor(parts: UnendedSpansParts): SpanProcessor {
  return new UnendedSpans(parts)
}

class UnendedSpans implements SpanProcessor {
  readonly #warnOnce: UnendedSpansParts['warnOnce']
  readonly #clock: Clock
  readonly #mostWatched: number
  readonly #open = new Map<string, Watched>()
  /** How many can't be ended any more, by place. */
  readonly #lost = new Map<string, { readonly name: string; count: number }>()
  readonly #collected = new FinalizationRegistry<Watched>((watched) => this.#wasCollected(watched))
  readonly #sweepTimer: NodeJS.Timeout
  readonly #removeExitHook: () => void
  #unwatched = 0

  constructor({ warnOnce, addExitHook, clock = monotonicClock, mostWatched = MOST_WATCHED }: UnendedSpansParts) {
    this.#warnOnce = warnOnce
    this.#clock = clock
    this.#mostWatched = mostWatched
    this.#sweepTimer = setInterval(() => this.#sweep(), SWEEP_MILLIS).unref()
    this.#removeExitHook = addExitHook({
      timeoutMillis: 0,
      needsEventLoop: false,
      pending: 0,
      prepare: () => undefined,
      flush: () => Promise.resolve(),
      flushSync: () => this.#logAll(),
    })
  }

  onStart(span: Span): void {
    if (this.#open.size >= this.#mostWatched) {
      this.#unwatched += 1
      return
    }
    const watched = {
      id: idOf(span),
      name: span.name,
      place: placeOf(span),
      startedMillis: this.#clock.nowMillis(),
    }
    this.#open.set(watched.id, watched)
    this.#collected.register(span, watched, watched)
  }

  onEnd(span: ReadableSpan): void {
    const watched = this.#open.get(idOf(span))
    if (!watched) return
    this.#open.delete(watched.id)
    this.#collected.unregister(watched)
  }

  forceFlush(): Promise<void> {
    return Promise.resolve()
  }

  shutdown(): Promise<void> {
    clearInterval(this.#sweepTimer)
    this.#removeExitHook()
    this.#logAll()
    return Promise.resolve()
  }

  #wasCollected(watched: Watched): void {
    if (!this.#open.delete(watched.id)) return
    const { name, place } = watched
    this.#countLost(watched)
    this.#warnOnce(
      `unended collected ${place}`,
      `the span "${name}" was not ended, and nothing holds it any more that could end it: it is not sent. ${startedAt(place)}`,
    )
  }

  #countLost({ name, place }: Watched): void {
    const lost = this.#lost.get(place)
    if (lost) lost.count += 1
    else if (this.#lost.size < MOST_PLACES) this.#lost.set(place, { name, count: 1 })
    else this.#unwatched += 1
  }

  #sweep(): void {
    const now = this.#clock.nowMillis()
    for (const { name, place, startedMillis } of this.#open.values()) {
      if (now - startedMillis < LONG_OPEN_MILLIS) return
      this.#warnOnce(
        `unended open ${place}`,
        `the span "${name}" has been open for ${LONG_OPEN_MILLIS / 60_000} minutes. ${startedAt(place)}`,
      )
    }
  }

  /** Once: what is logged is forgotten. */
  #logAll(): void {
    for (const watched of this.#open.values()) {
      this.#collected.unregister(watched)
      this.#countLost(watched)
    }
    this.#open.clear()
    const most = [...this.#lost].sort(([, a], [, b]) => b.count - a.count)
    for (const [place, { name, count }] of most.slice(0, MOST_LINES_AT_END)) {
      const spans = count === 1 ? `1 span "${name}" was` : `${count} spans such as "${name}" were`
      this.#warnOnce(`unended at end ${place}`, `${spans} never ended. ${startedAt(place)}`)
    }
    const elsewhere = most.slice(MOST_LINES_AT_END).reduce((sum, [, { count }]) => sum + count, 0)
    if (elsewhere > 0)
      this.#warnOnce('unended elsewhere', `${elsewhere} more spans were never ended, started elsewhere`)
    if (this.#unwatched > 0) {
      const why = `more than ${this.#mostWatched} were open at once, or from more than ${MOST_PLACES} places`
      this.#warnOnce('unended unwatched', `${this.#unwatched} spans were not watched for their end: ${why}`)
    }
    this.#lost.clear()
    this.#unwatched = 0
  }
}

/** Of the app's id generator, ids of spans may be the same in two traces. */
function idOf(span: ReadableSpan): string {
  const { traceId, spanId } = span.spanContext()
  return traceId + spanId
}

function placeOf(span: ReadableSpan): string {
  try {
    const frame = callInApp()
    if (frame === undefined) return `by ${span.instrumentationScope.name || 'a tracer without a name'}`
    const { file, line, functionName } = frame
    return functionName === undefined ? `at ${file}:${line}` : `at ${functionName} (${file}:${line})`
  } catch (error) {
    return `where it could not be found (${messageOf(error)})`
  }
}

const startedAt = (place: string): string => `Started ${place}`
