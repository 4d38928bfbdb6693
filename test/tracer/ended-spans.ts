import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace'

/** Keeps what has started and ended, at once: an exporter of the SDK's has it a little later. */
export class EndedSpans implements SpanProcessor {
  readonly started: Span[] = []
  readonly ended: ReadableSpan[] = []

  onStart(span: Span): void {
    this.started.push(span)
  }

  onEnd(span: ReadableSpan): void {
    this.ended.push(span)
  }

  /** The one that has ended. */
  get only(): ReadableSpan {
    const [span] = this.ended
    if (!span || this.ended.length > 1) throw new Error(`${this.ended.length} spans have ended`)
    return span
  }

  get names(): string[] {
    return this.ended.map(({ name }) => name)
  }

  forceFlush(): Promise<void> {
    return Promise.resolve()
  }

  shutdown(): Promise<void> {
    return Promise.resolve()
  }
}
