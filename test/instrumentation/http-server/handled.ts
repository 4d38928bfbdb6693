import { trace } from '@opentelemetry/api'
import { connect } from 'node:net'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { lean, serve, traced, wentToUpstream, type ServeOptions } from './traced-servers.js'

export const GET = 'GET /items HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'

export const POST =
  'POST /items HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello'

/** What the code finds to be active: the id of a span. */
export const activeId = (): string | undefined => trace.getActiveSpan()?.spanContext().spanId

export interface HandledOptions extends ServeOptions {
  readonly raw?: string
}

/**
 * Has one request to a lean server handled, to the end of its connection. Returns what the handler made of it; a handler
 * that does not end the response leaves it to this.
 */
export async function handled<T>(
  handler: (request: IncomingMessage, response: ServerResponse) => T | Promise<T>,
  { raw = GET, ...options }: HandledOptions = {},
): Promise<T> {
  const { instrumentation } = traced(lean)
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  await using server = await serve(
    instrumentation,
    (request, response) => {
      if (wentToUpstream(request)) reject(new Error('the request went to upstream'))
      const finish = (): void => {
        if (!response.writableEnded) response.end()
      }
      // At once: a context that an async function brings along would hide that listeners have none.
      let result: T | Promise<T>
      try {
        result = handler(request, response)
      } catch (error) {
        reject(error)
        finish()
        return
      }
      Promise.resolve(result).then(resolve, reject).finally(finish)
    },
    options,
  )
  await server.send(raw)
  return await promise
}

/** Sends bytes on one connection, with more once each answer is there. Resolves with all that came back. */
export async function inTurn(port: number, [first = '', ...others]: readonly string[]): Promise<string> {
  const client = connect(port, '127.0.0.1')
  let answers = ''
  client.setEncoding('latin1').write(first)
  client.on('data', (chunk: string) => {
    answers += chunk
    const next = others.shift()
    if (next !== undefined) client.write(next)
  })
  await new Promise((resolve, reject) => client.on('close', resolve).on('error', reject))
  return answers
}
