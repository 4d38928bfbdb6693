import type { Context } from '@opentelemetry/api'
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace'
import { processWide } from './process-wide.js'

/** Sees the recorded spans of this process; called synchronously, must not block or throw. */
export interface SpanObserver {
  onStart?(span: Span, parentContext: Context): void
  onEnd?(span: ReadableSpan): void
}

const observers = processWide('span-observers', () => new Set<SpanObserver>())

/** Shows every recorded span to the observer, from now on; returns a function that ends this. */
export function observeSpans(observer: SpanObserver): () => void {
  observers.add(observer)
  return () => observers.delete(observer)
}

/**
 * The processor behind {@link observeSpans}. startTracing puts one into its provider, so that a test can look at spans
 * after the start, when a provider takes no processors any more.
 */
export function spanObservers(): SpanProcessor {
  return {
    onStart(span, parentContext) {
      if (observers.size > 0) for (const observer of observers) observer.onStart?.(span, parentContext)
    },
    onEnd(span) {
      if (observers.size > 0) for (const observer of observers) observer.onEnd?.(span)
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
}
