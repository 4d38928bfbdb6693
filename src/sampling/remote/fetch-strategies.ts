import type { IncomingMessage } from 'node:http'
import { asOwnRequest } from '../../internal/http/own-requests.js'
import { requireOwn } from '../../internal/runtime/require.js'

export interface FetchLimits {
  readonly timeoutMillis: number
  readonly maxBodyBytes: number
}

/**
 * GETs the strategies. Neither traced nor measured: the sampler would have to decide about its own question. Neither keeps the process
 * alive. Rejects after the timeout, for another status than 200, and for a body above the limit.
 */
export function fetchStrategies(url: URL, limits: FetchLimits, signal: AbortSignal): Promise<string> {
  return asOwnRequest(() => get(url, limits, signal))
}

async function get(url: URL, { timeoutMillis, maxBodyBytes }: FetchLimits, signal: AbortSignal): Promise<string> {
  const { request } = requireOwn(url.protocol === 'https:' ? 'node:https' : 'node:http') as typeof import('node:http')
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  // An agent of its own: sockets in the app's agent are the app's, and a pooled one would outlive the question.
  const sent = request(url, { agent: false, signal, headers: { accept: 'application/json' } })
  const timer = setTimeout(() => sent.destroy(new Error(`no answer within ${timeoutMillis} ms`)), timeoutMillis)
  timer.unref()
  sent.on('socket', (socket) => socket.unref())
  sent.on('error', reject)
  sent.on('response', (response) => {
    readBody(response, maxBodyBytes).then(resolve, (error: unknown) => {
      sent.destroy()
      reject(error instanceof Error ? error : new Error(String(error)))
    })
  })
  sent.end()
  try {
    return await promise
  } finally {
    clearTimeout(timer)
  }
}

async function readBody(response: IncomingMessage, maxBytes: number): Promise<string> {
  if (response.statusCode !== 200) throw new Error(`the answer was HTTP ${response.statusCode}`)
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBytes) throw new Error(`the answer is longer than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
