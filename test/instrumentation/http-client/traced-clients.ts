import { context, propagation } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import type { Instrumentation } from '@opentelemetry/instrumentation'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { TracerProvider } from '../../../src/tracer/tracer-provider.js'
import { EndedSpans } from '../../tracer/ended-spans.js'

/** Has contexts followed and written into headers, in this process. */
export function followTraces(): void {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
}

/** The spans of an instrumentation. */
export function spansOf(instrumentation: Instrumentation): EndedSpans {
  const spans = new EndedSpans()
  instrumentation.setTracerProvider(new TracerProvider({ spanProcessors: [spans] }))
  return spans
}

/** A server that answers by path: a status, `/hangs`, `/breaks` in the middle of the answer, `/upgrade`. */
export async function answering(): Promise<AsyncDisposable & { readonly port: number; readonly seen: string[][] }> {
  const seen: string[][] = []
  const server = createServer((request, response) => {
    seen.push(request.rawHeaders)
    answer(request, response)
  })
  server.on('upgrade', (request, socket) => {
    seen.push(request.rawHeaders)
    socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function answer({ url = '' }: IncomingMessage, response: ServerResponse): void {
  const [, status = '200'] = /^\/(\d{3})\b/.exec(url) ?? []
  if (url.startsWith('/hangs')) return
  response.writeHead(Number(status), { 'x-answer': 'a', 'set-cookie': ['a=1', 'b=2'] })
  if (!url.startsWith('/breaks')) response.end('done')
  else response.write('begun', () => response.destroy())
}

/** What is to be seen of a span, without what differs from connection to connection. */
export function facts({ name, kind, attributes, status, events }: ReadableSpan): object {
  const port = attributes['network.peer.port']
  return {
    name,
    kind,
    status,
    attributes: { ...attributes, ...(port !== undefined && { 'network.peer.port': typeof port }) },
    events: events.map(({ name, attributes }) => ({ name, attributes: { ...attributes, 'exception.stacktrace': '' } })),
  }
}
