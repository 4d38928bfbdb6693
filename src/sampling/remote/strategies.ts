import type { IncomingMessage } from 'node:http'
import { asOwnRequest } from '../../internal/http/own-requests.js'
import { requireOwn } from '../../internal/runtime/own-package.js'

/** What Jaeger answers, as far as it is used here; proto3 JSON leaves zeros out. */
export type Strategies =
  | { readonly kind: 'perOperation'; readonly defaults: OperationStrategy; readonly operations: OperationTable }
  | { readonly kind: 'probability'; readonly ratio: number }
  | { readonly kind: 'rate'; readonly maxTracesPerSecond: number }

export interface OperationStrategy {
  readonly ratio: number
  /** Traces a second that are kept of each operation, however low the ratio. */
  readonly lowerBound: number
}

export type OperationTable = ReadonlyMap<string, OperationStrategy>

const MOST_OPERATIONS = 256

/**
 * Reads an answer of `/sampling?service=…`. `strategyType` is not looked at: servers disagree about its form, and Jaeger
 * itself says PROBABILISTIC there beside strategies for operations.
 *
 * Throws an Error that says what is wrong with the answer.
 */
export function parseStrategies(text: string): Strategies {
  const answer = objectIn(JSON.parse(text), 'the answer')
  if (answer.operationSampling != null) return perOperation(objectIn(answer.operationSampling, 'operationSampling'))
  if (answer.probabilisticSampling != null) {
    return { kind: 'probability', ratio: ratioIn(answer, 'probabilisticSampling') }
  }
  if (answer.rateLimitingSampling != null) {
    const limit = objectIn(answer.rateLimitingSampling, 'rateLimitingSampling')
    return { kind: 'rate', maxTracesPerSecond: numberIn(limit, 'maxTracesPerSecond', Number.MAX_VALUE) }
  }
  throw new Error('the answer has no sampling strategy')
}

function perOperation(model: Record<string, unknown>): Strategies {
  const lowerBound = numberIn(model, 'defaultLowerBoundTracesPerSecond', Number.MAX_VALUE)
  const defaults = { ratio: numberIn(model, 'defaultSamplingProbability', 1), lowerBound }
  const given = model.perOperationStrategies ?? []
  if (!Array.isArray(given)) throw new Error('perOperationStrategies is not an array')
  const operations = new Map<string, OperationStrategy>()
  for (const one of given.slice(0, MOST_OPERATIONS)) {
    const strategy = objectIn(one, 'an entry of perOperationStrategies')
    const { operation } = strategy
    if (typeof operation !== 'string') throw new Error('an entry of perOperationStrategies has no operation')
    operations.set(operation, { ratio: ratioIn(strategy, 'probabilisticSampling'), lowerBound })
  }
  return { kind: 'perOperation', defaults, operations }
}

function ratioIn(model: Record<string, unknown>, name: string): number {
  return numberIn(objectIn(model[name], name), 'samplingRate', 1)
}

function numberIn(model: Record<string, unknown>, name: string, max: number): number {
  const value = model[name] ?? 0
  if (typeof value === 'number' && value >= 0 && value <= max) return value
  throw new Error(`${name} is not a number from 0${max === 1 ? ' to 1' : ''}`)
}

function objectIn(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new Error(`${what} is not an object`)
}

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
