import type { Context } from '@opentelemetry/api'
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace'
import { processWide } from '../runtime/process-wide.js'
import { passiveProcessor } from './fan-out.js'

/** Sees the recorded spans of this process; called synchronously, must not block or throw. */
export interface SpanObserver {
  onStart?(span: Span, parentContext: Context): void
  onEnd?(span: ReadableSpan): void
}

const { observers, installed } = processWide('span-observers', () => ({
  observers: new Set<SpanObserver>(),
  installed: new Set<SpanProcessor>(),
}))

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
  const processor = observingProcessor(() => installed.delete(processor))
  installed.add(processor)
  return processor
}

/** Whether a running provider has such a processor: its spans can be observed then. */
export function areSpansObserved(): boolean {
  return installed.size > 0
}

/** One that does not count as installed, for a provider of our own. */
export function observingProcessor(onShutdown?: () => void): SpanProcessor {
  return passiveProcessor({
    onStart(span, parentContext) {
      if (observers.size > 0) for (const observer of observers) observer.onStart?.(span, parentContext)
    },
    onEnd(span) {
      if (observers.size > 0) for (const observer of observers) observer.onEnd?.(span)
    },
    shutdown() {
      onShutdown?.()
      return Promise.resolve()
    },
  })
}
