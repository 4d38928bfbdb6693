import type { Attributes, HrTime, Span, SpanKind, SpanOptions, Tracer } from '@opentelemetry/api'
import type { HttpInstrumentationConfig } from '@opentelemetry/instrumentation-http'
import type { ClientRequest, Server } from 'node:http'

export type Scheme = 'http' | 'https'
export type Emit = (this: Server, ...args: unknown[]) => boolean
export type Request = (this: unknown, ...args: unknown[]) => unknown

type CaptureHeaders = (get: (name: string) => unknown) => Attributes

/**
 * What there is inside of upstream's class, and what ours override or call: none of it is public, and a test sees whether it is
 * there. Where an upgrade takes a method away, what it does is upstream's again.
 */
export interface HttpInstrumentationInside {
  readonly tracer: Tracer
  readonly _httpServerDurationHistogram?: object
  readonly _httpClientDurationHistogram?: object
  readonly _headerCapture: {
    readonly client: { readonly captureRequestHeaders: CaptureHeaders; readonly captureResponseHeaders: CaptureHeaders }
  }
  _recordClientDuration(millis: number, attributes: Attributes): void
  getConfig(): HttpInstrumentationConfig
  _incomingRequestFunction(scheme: Scheme, original: Emit): Emit
  _outgoingRequestFunction(scheme: Scheme, original: Request): Request
  _setDefaultOptions(options: Record<string, unknown>): void
  _traceClientRequest(request: ClientRequest, span: Span, start: HrTime, metrics: Attributes): ClientRequest
  _onServerResponseFinish(request: object, response: object, span: Span, metrics: Attributes, start: HrTime): void
  _onServerResponseError(span: Span, metrics: Attributes, start: HrTime, error: unknown): void
  _onOutgoingRequestError(span: Span, metrics: Attributes, start: HrTime, error: unknown): void
  _startHttpSpan(name: string, options: SpanOptions): Span
  _closeHttpSpan(span: Span, kind: SpanKind, start: HrTime, metrics: Attributes): void
}
