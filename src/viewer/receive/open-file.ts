import { gunzipSync } from 'node:zlib'
import { messageOf } from '../../internal/diagnostics/diagnostics.js'
import type { ReceivedLog, ReceivedSpan } from '../model/received-span.js'
import { spansInJaegerTrace } from './jaeger-json.js'
import { isObject, listOf, objectsOf, type JsonObject } from './json-values.js'
import { logsInJson, spansInJson } from './otlp-json.js'
import { spansInProtobuf } from './otlp-protobuf.js'
import { spansInZipkin } from './zipkin-json.js'

/** What is in a trace file, and what of it could not be read. */
export interface TraceFile {
  readonly spans: readonly ReceivedSpan[]
  readonly logs: readonly ReceivedLog[]
  /** Sentences for people, the file's name and the line in them. Empty where all was read. */
  readonly problems: readonly string[]
}

/**
 * Reads a trace file, whatever made it: OTLP in JSON (one message, or one a line, as the Collector and `--save` write
 * them), OTLP in protobuf, Jaeger JSON, Zipkin v2 JSON, each compressed by gzip or not. What cannot be read is a problem,
 * and the rest is read all the same.
 *
 * @param name what the file is called in problems
 */
export function readTraceFile(bytes: Uint8Array, name: string): TraceFile {
  const file = new Contents(name)
  file.readBytes(bytes)
  return file
}

const GZIP = [0x1f, 0x8b]
const LINE_FEED = 0x0a
/** As long as a string can be, in Node.js. */
const MAX_TEXT_BYTES = 500_000_000
/** After that many, the file is something else. */
const MAX_PROBLEMS = 5

class Contents implements TraceFile {
  readonly spans: ReceivedSpan[] = []
  readonly logs: ReceivedLog[] = []
  readonly problems: string[] = []
  readonly #name: string

  constructor(name: string) {
    this.#name = name
  }

  readBytes(bytes: Uint8Array): void {
    let plain = bytes
    try {
      if (GZIP.every((byte, n) => bytes[n] === byte)) plain = gunzipSync(bytes)
    } catch {
      this.#problem('is compressed by gzip, and damaged')
      return
    }
    const first = firstCharacter(plain)
    if (first === undefined) this.#problem('is empty')
    // A protobuf message starts with a byte that is a line feed in text.
    else if ((first !== '{' && first !== '[') || !this.#readText(plain)) this.#readProtobuf(plain)
    if (this.problems.length > MAX_PROBLEMS) {
      const left = this.problems.length - MAX_PROBLEMS
      this.problems.splice(MAX_PROBLEMS, left, `${this.#name}: ${left} more like that`)
    }
  }

  /** One value, or else one a line. False where it may be no text at all. */
  #readText(bytes: Uint8Array): boolean {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (hasValueALine(buffer)) {
      this.#readLines(buffer)
      return true
    }
    if (buffer.length > MAX_TEXT_BYTES) {
      this.#problem('is larger than one JSON value can be: write one message a line')
      return true
    }
    try {
      this.#readValue(JSON.parse(textOf(buffer)))
    } catch (error) {
      if (buffer[0] === LINE_FEED) return false
      this.#problem(`is no JSON: ${messageOf(error)}`)
    }
    return true
  }

  #readLines(buffer: Buffer): void {
    for (let start = 0, line = 1; start < buffer.length; line++) {
      const newline = buffer.indexOf('\n', start)
      const end = newline === -1 ? buffer.length : newline
      const text = textOf(buffer.subarray(start, end)).trim()
      start = end + 1
      if (text === '') continue
      const value = parsed(text)
      if (value === undefined) this.#problem('is no JSON', line)
      else this.#readValue(value, line)
    }
  }

  /** Tells the formats apart by the names that only they have. */
  #readValue(value: unknown, line?: number): void {
    if (Array.isArray(value)) {
      this.#readList(value, line)
    } else if (isObject(value)) {
      const { resourceSpans, batches, resourceLogs, resourceMetrics } = value
      const inner = value.result ?? value.trace
      const traces = jaegerTraces(value)
      if (resourceSpans !== undefined || batches !== undefined) this.#keep(spansInJson(value), line)
      if (resourceLogs !== undefined) for (const log of logsInJson(value).items) this.logs.push(log)
      if ([resourceSpans, batches, resourceLogs, resourceMetrics].some((known) => known !== undefined)) return
      if (traces.length > 0) for (const trace of traces) this.#keep(spansInJaegerTrace(trace), line)
      else if (isZipkinSpan(value)) this.#keep(spansInZipkin([value]), line)
      else if (isObject(inner)) this.#readValue(inner, line)
      else if (!isEmptyAnswer(value)) this.#problem(NO_TRACE, line)
    } else this.#problem(NO_TRACE, line)
  }

  #readList(list: readonly unknown[], line?: number): void {
    if (list.some(isZipkinSpan)) this.#keep(spansInZipkin(list), line)
    else for (const item of list) this.#readValue(item, line)
  }

  #readProtobuf(bytes: Uint8Array): void {
    try {
      const { items } = spansInProtobuf(bytes)
      if (items.length === 0) this.#problem(NO_TRACE)
      for (const span of items) this.spans.push(span)
    } catch {
      this.#problem(NO_TRACE)
    }
  }

  #keep({ items, rejected }: { items: readonly ReceivedSpan[]; rejected: number }, line?: number): void {
    // Not push(...items): a call takes some 100,000 arguments.
    for (const span of items) this.spans.push(span)
    if (rejected > 0) this.#problem(`${rejected} spans have no usable trace or span id`, line)
  }

  #problem(text: string, line?: number): void {
    this.problems.push(`${this.#name}${line === undefined ? '' : `:${line}`}: ${text}`)
  }
}

const NO_TRACE = 'holds no trace that is known here (OTLP JSON, OTLP JSON lines, OTLP protobuf, Jaeger JSON, Zipkin v2)'

function jaegerTraces(value: JsonObject): readonly JsonObject[] {
  const { data } = value
  const candidates = Array.isArray(data) ? objectsOf(data) : [isObject(data) ? data : value]
  return candidates.filter((trace) => Array.isArray(trace.spans) && isObject(trace.processes))
}

function isZipkinSpan(value: unknown): boolean {
  return isObject(value) && typeof value.traceId === 'string' && typeof value.id === 'string'
}

/** `{}` and `{"data": []}`: a search that found nothing, and no mistake. */
function isEmptyAnswer(value: JsonObject): boolean {
  const { data } = value
  return Object.keys(value).length === 0 || (Array.isArray(data) && listOf(data).length === 0)
}

/** Whether one of the first two lines is a value of its own: the first may be cut off. */
function hasValueALine(buffer: Buffer): boolean {
  const first = buffer.indexOf('\n')
  if (first === -1) return false
  const second = buffer.indexOf('\n', first + 1)
  const lines = [buffer.subarray(0, first), buffer.subarray(first + 1, second === -1 ? buffer.length : second)]
  return lines.some((line) => isObject(parsed(textOf(line))))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** Without a byte order mark, which editors on Windows write. */
function textOf(buffer: Buffer): string {
  const text = buffer.toString('utf8')
  return text.startsWith('\uFEFF') ? text.slice(1) : text
}

function firstCharacter(bytes: Uint8Array): string | undefined {
  return /[^\s\uFEFF]/.exec(textOf(Buffer.from(bytes.subarray(0, 4096))))?.[0]
}
