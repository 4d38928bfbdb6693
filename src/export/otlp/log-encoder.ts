import { JsonLogsSerializer, ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer'
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs'
import type { OtlpProtocol } from '../pipeline/otlp-settings.js'
import type { BatchEncoder } from './encoder.js'
import { attempt, sanitizeAttributes, sanitizeCount, sanitizeEnum, sanitizeText } from './sanitize.js'

/** Keeps the records, and has OpenTelemetry's own serializer write them. */
export function otlpLogEncoder(protocol: OtlpProtocol): () => BatchEncoder<ReadableLogRecord> {
  const serializer = protocol === 'http/json' ? JsonLogsSerializer : ProtobufLogsSerializer
  return () => new LogEncoder((records) => serializer.serializeRequest(records))
}

/** About what a record takes, besides its texts: times, ids, severity. */
const RECORD_BYTES = 120
const ATTRIBUTE_BYTES = 20
/** How deeply a body is looked into for its size. */
const MOST_LEVELS = 4

class LogEncoder implements BatchEncoder<ReadableLogRecord> {
  byteLength = 0
  readonly #serialize: (records: ReadableLogRecord[]) => Uint8Array | undefined
  #kept: ReadableLogRecord[] = []

  constructor(serialize: (records: ReadableLogRecord[]) => Uint8Array | undefined) {
    this.#serialize = serialize
  }

  get spans(): number {
    return this.#kept.length
  }

  add(record: ReadableLogRecord): void {
    this.#kept.push(record)
    this.byteLength += attempt(() => RECORD_BYTES + sizeOf(record.body) + sizeOf(record.attributes)) ?? RECORD_BYTES
  }

  take(): Uint8Array<ArrayBuffer> {
    const records = this.#kept
    this.#kept = []
    this.byteLength = 0
    // A body that holds itself, a BigInt in JSON, a getter that throws: one such record must not cost the others.
    const request =
      attempt(() => this.#serialize(records)) ?? this.#serialize(records.map((one) => this.#sanitize(one)))
    return new Uint8Array(request ?? new Uint8Array())
  }

  #sanitize(record: ReadableLogRecord): ReadableLogRecord {
    if (attempt(() => this.#serialize([record]))) return record
    const { attributes, lost } = sanitizeAttributes(() => record.attributes)
    const copy = {
      resource: record.resource,
      instrumentationScope: record.instrumentationScope,
      hrTime: timeOf(record.hrTime),
      hrTimeObserved: timeOf(record.hrTimeObserved),
      spanContext: record.spanContext,
      severityNumber: sanitizeEnum(() => record.severityNumber),
      severityText: sanitizeText(() => record.severityText),
      eventName: sanitizeText(() => record.eventName),
      body: bodyOf(record),
      attributes,
      droppedAttributesCount: sanitizeCount(() => record.droppedAttributesCount) + lost,
    } as unknown as ReadableLogRecord
    if (attempt(() => this.#serialize([copy]))) return copy
    return { ...copy, body: sanitizeText(() => record.body), attributes: {} }
  }
}

function timeOf(time: ReadableLogRecord['hrTime']): ReadableLogRecord['hrTime'] {
  return Array.isArray(time) && time.every((part) => Number.isSafeInteger(part) && part >= 0) ? time : [0, 0]
}

/** Without the parts that can't be read; as text, where nothing else is left of it. */
function bodyOf(record: ReadableLogRecord): unknown {
  const body = attempt(() => record.body)
  if (typeof body !== 'object' || body === null) return body
  return sanitizeAttributes(() => ({ body })).attributes.body ?? sanitizeText(() => body)
}

function sizeOf(value: unknown, level = 0): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null || level > MOST_LEVELS) return 8
  if (ArrayBuffer.isView(value)) return value.byteLength
  let bytes = 0
  for (const [key, part] of Object.entries(value)) bytes += ATTRIBUTE_BYTES + key.length + sizeOf(part, level + 1)
  return bytes
}
