import { context, SpanStatusCode, type Context, type Span } from '@opentelemetry/api'
import type { RPCMetadata } from '@opentelemetry/core'
import { ATTR_ERROR_TYPE, ATTR_HTTP_RESPONSE_STATUS_CODE, ATTR_HTTP_ROUTE } from '@opentelemetry/semantic-conventions'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setError } from '../http/http-outcomes.js'
import type { ResponseWatcher } from './after-close.js'
import { interruptionOf, setInterruption } from './interruption.js'

/** The span of a request, which ends with the response, or with what the handler has thrown. */
export class RequestSpan implements ResponseWatcher {
  readonly #span: Span
  readonly #active: Context
  readonly #metadata: RPCMetadata
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  #waiting: (() => void)[] | undefined
  #isOver = false
  #endsNow = false

  constructor(span: Span, active: Context, metadata: RPCMetadata, request: IncomingMessage, response: ServerResponse) {
    this.#span = span
    this.#active = active
    this.#metadata = metadata
    this.#request = request
    this.#response = response
  }

  /** Of the handler, or of the response. */
  failed(error: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#inContext(() => {
      setError(this.#span, error)
      this.#span.end()
    })
  }

  closes(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#endsNow = true
    const span = this.#span
    const interruption = this.#response.writableFinished ? undefined : interruptionOf(this.#request, this.#response)
    if (interruption) setInterruption(span, interruption)
    else setOutcome(span, this.#response.statusCode)
    // Instrumentation of frameworks leaves the route there.
    const { route } = this.#metadata
    if (route !== undefined) span.setAttribute(ATTR_HTTP_ROUTE, route)
    if (route) span.updateName(`${this.#request.method ?? 'GET'} ${route}`)
  }

  whenClosed(callback: () => void): void {
    ;(this.#waiting ??= []).push(callback)
  }

  closed(): void {
    if (!this.#endsNow && !this.#waiting) return
    this.#inContext(() => {
      for (const callback of this.#waiting ?? []) callback()
      if (this.#endsNow) this.#span.end()
      this.#endsNow = false
    })
  }

  /** Processors find the span active when it ends. */
  #inContext(fn: () => void): void {
    context.with(this.#active, fn)
  }
}

function setOutcome(span: Span, status: number): void {
  const isFine = status >= 100 && status < 500
  span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, status)
  if (!isFine) span.setStatus({ code: SpanStatusCode.ERROR })
  if (status >= 500 && status < 600) span.setAttribute(ATTR_ERROR_TYPE, String(status))
}
