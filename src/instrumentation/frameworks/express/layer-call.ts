import { SpanStatusCode, type Context, type Span, type TimeInput } from '@opentelemetry/api'
import type { ServerResponse } from 'node:http'
import { monotonicClock } from '../../../internal/runtime/clock.js'

/** What there is once in the main file, with state; see package-instrumentations.ts. */
export interface MainParts {
  readonly contextWithSpan: (parent: Context, span: Span) => Context
  readonly safely: <T>(failure: string, fn: () => T) => T | undefined
  readonly whenClosed: (response: ServerResponse, callback: () => void) => void
}

export type Next = (...args: unknown[]) => unknown

/**
 * The span of a layer that is running. It ends when the layer hands on the request, or else with the response. What the layer has
 * failed with is an error where the response shows one, which is not known before it is closed.
 */
export class LayerCall {
  readonly #span: Span
  readonly #response: ServerResponse
  readonly #whenClosed: MainParts['whenClosed']
  #failure: { readonly error: unknown; readonly time: TimeInput } | undefined
  #endTime: TimeInput | undefined
  #waits = false
  #hasEnded = false

  constructor(span: Span, response: ServerResponse, { whenClosed }: MainParts) {
    this.#span = span
    this.#response = response
    this.#whenClosed = whenClosed
  }

  /** The layer has called `next`: the request goes on. */
  handedOn(value: unknown): void {
    if (this.#hasEnded || this.#endTime !== undefined) return
    // Express itself takes 0 and false for none.
    if (value && value !== 'route' && value !== 'router') {
      this.fail(value)
      this.#endTime = monotonicClock.nowMillis()
    } else {
      this.#end()
    }
  }

  fail(error: unknown): void {
    this.#failure = { error, time: monotonicClock.nowMillis() }
    this.endWithResponse()
  }

  /** Unless it has ended before. */
  endWithResponse(): void {
    if (this.#waits || this.#hasEnded) return
    this.#waits = true
    if (this.#response.closed) this.#close()
    else this.#whenClosed(this.#response, () => this.#close())
  }

  #close(): void {
    const { headersSent, statusCode } = this.#response
    if (this.#failure && (!headersSent || statusCode >= 500)) recordOn(this.#span, this.#failure)
    this.#end(this.#endTime)
  }

  #end(time?: TimeInput): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#span.end(time)
  }
}

function recordOn(span: Span, { error, time }: { readonly error: unknown; readonly time: TimeInput }): void {
  if (error instanceof Error) span.recordException(error, time)
  const { message } = typeof error === 'string' ? { message: error } : (error as { message?: unknown })
  span.setStatus({ code: SpanStatusCode.ERROR, ...(typeof message === 'string' && { message }) })
}
