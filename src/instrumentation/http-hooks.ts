import { propagation, type Span } from '@opentelemetry/api'
import type { HttpInstrumentationConfig } from '@opentelemetry/instrumentation-http'
import type { InstrumentationConfig } from '@opentelemetry/instrumentation'
import type { UndiciInstrumentationConfig } from '@opentelemetry/instrumentation-undici'
import { ServerResponse, type RequestOptions } from 'node:http'
import { announceOutgoingUrl } from '../internal/outgoing-request.js'
import { StreamAnswer } from './http2/stream-answer.js'

/** Called with the span of a request and its response, before the app sees either. Must not throw. */
export type ResponseHook = (span: Span, response: ServerResponse | StreamAnswer) => void

/** The configuration with our hooks in it; hooks that it has already run as well. */
export function withHttpHooks(
  name: string,
  config: InstrumentationConfig,
  onResponse: ResponseHook | undefined,
): InstrumentationConfig {
  if (name === 'http') return hookedHttp(config, onResponse)
  if (name === 'undici') return hookedUndici(config)
  return config
}

function hookedHttp(config: HttpInstrumentationConfig, onResponse: ResponseHook | undefined): InstrumentationConfig {
  const hooked: HttpInstrumentationConfig = {
    ...config,
    startOutgoingSpanHook(request) {
      announceOutgoingUrl(() => urlOf(request))
      return config.startOutgoingSpanHook?.(request) ?? {}
    },
  }
  if (onResponse) {
    hooked.responseHook = (span, response) => {
      // The same hook is for responses that come in.
      if (response instanceof ServerResponse || response instanceof StreamAnswer) onResponse(span, response)
      config.responseHook?.(span, response)
    }
  }
  return hooked
}

function hookedUndici(config: UndiciInstrumentationConfig): InstrumentationConfig {
  const hooked: UndiciInstrumentationConfig = {
    ...config,
    startSpanHook(request) {
      if (config.requireParentforSpans !== true) dropTraceHeaders(request)
      announceOutgoingUrl(() => (URL.canParse(request.path) ? request.path : `${request.origin}${request.path}`))
      return config.startSpanHook?.(request) ?? {}
    },
  }
  return hooked
}

/**
 * Headers that the app has injected itself would stand there twice: this instrumentation adds its own and replaces none, and
 * two are read as none. Baggage may stand there twice.
 */
function dropTraceHeaders(request: { headers?: unknown }): void {
  const { headers } = request
  const fields = new Set(propagation.fields().filter((field) => field !== 'baggage'))
  const isOurs = (name: unknown): boolean => fields.has(String(name).toLowerCase())
  if (Array.isArray(headers)) {
    for (let i = headers.length - 2; i >= 0; i -= 2) if (isOurs(headers[i])) headers.splice(i, 2)
  } else if (typeof headers === 'string') {
    // Undici 5 has them as text.
    request.headers = headers.replaceAll(/^([^:\r\n]+):.*\r\n/gm, (line, name) => (isOurs(name) ? '' : line))
  }
}

/** As Node puts it together from the options. To a proxy the path is the whole URL. */
function urlOf({ protocol, host, hostname, port, path }: RequestOptions): string {
  if (path != null && URL.canParse(path)) return path
  const scheme = protocol ?? 'http:'
  const isDefaultPort = port == null || Number(port) === (scheme === 'https:' ? 443 : 80)
  const authority = hostname ?? host ?? 'localhost'
  return `${scheme}//${authority}${isDefaultPort || /:\d+$/.test(authority) ? '' : `:${port}`}${path ?? '/'}`
}
