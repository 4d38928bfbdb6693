import type { ReceivedLog, ReceivedSpan } from '../model/received-span.js'
import type { TraceStore } from '../model/trace-store.js'
import { MalformedError, MAX_OBJECTS, type Decoded } from './decoded.js'
import { isObject, type JsonObject } from './json-values.js'
import { logsInJson, spansInJson } from './otlp-json.js'
import { logsInProtobuf, spansInProtobuf } from './otlp-protobuf.js'
import { GRPC, Refusal } from './refusal.js'

export type Signal = 'traces' | 'logs' | 'metrics'
export type Encoding = 'protobuf' | 'json'

const BY_PATH: Readonly<Record<string, Signal>> = {
  '/v1/traces': 'traces',
  '/v1/logs': 'logs',
  '/v1/metrics': 'metrics',
  '/opentelemetry.proto.collector.trace.v1.TraceService/Export': 'traces',
  '/opentelemetry.proto.collector.logs.v1.LogsService/Export': 'logs',
  '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export': 'metrics',
}

export function signalOf(path: string): Signal | undefined {
  return Object.hasOwn(BY_PATH, path) ? BY_PATH[path] : undefined
}

/** Who gets what arrives. */
export interface Taker {
  readonly store: TraceStore
  /** Called with what the store has taken. */
  readonly onSpans?: ((spans: readonly ReceivedSpan[]) => void) | undefined
  readonly onLogs?: ((logs: readonly ReceivedLog[]) => void) | undefined
}

/**
 * Puts what a request holds into the store.
 *
 * @returns how many spans were rejected, as they have no usable id
 * @throws {Refusal} where the body is not what it says
 */
export function takeIn(body: Buffer, signal: Signal, encoding: Encoding, { store, onSpans, onLogs }: Taker): number {
  // Apps that send metrics as well should not log errors because of the viewer.
  if (signal === 'metrics') return 0
  try {
    if (signal === 'logs') {
      const { items } = logsIn(body, encoding)
      store.addLogs(items)
      onLogs?.(items)
      return 0
    }
    const { items, rejected } = spansIn(body, encoding)
    store.add(items)
    onSpans?.(items)
    return rejected
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error
    throw new Refusal(error.message, { http: 400, grpc: GRPC.invalidArgument })
  }
}

function spansIn(body: Buffer, encoding: Encoding): Decoded<ReceivedSpan> {
  return encoding === 'json' ? spansInJson(parse(body)) : spansInProtobuf(body)
}

function logsIn(body: Buffer, encoding: Encoding): Decoded<ReceivedLog> {
  return encoding === 'json' ? logsInJson(parse(body)) : logsInProtobuf(body)
}

function parse(body: Buffer): JsonObject {
  if (valuesIn(body) > MAX_OBJECTS) throw new MalformedError('more values than a request may have')
  let value: unknown
  try {
    value = JSON.parse(body.toString('utf8'))
  } catch {
    throw new MalformedError('not JSON')
  }
  if (!isObject(value)) throw new MalformedError('not a JSON object')
  return value
}

/** At most: texts may hold these characters, too. `{}` is two bytes, and costs fifty of memory. */
function valuesIn(json: Buffer): number {
  let count = 0
  for (const byte of json) if (byte === COMMA || byte === BRACE || byte === BRACKET) count++
  return count
}

const COMMA = 0x2c
const BRACE = 0x7b
const BRACKET = 0x5b
