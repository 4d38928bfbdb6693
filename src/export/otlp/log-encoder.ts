import { JsonLogsSerializer, ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer'
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs'
import type { OtlpProtocol } from '../pipeline/otlp-settings.js'
import type { BatchEncoder } from './encoder.js'
import { SerializingEncoder } from './serializing-encoder.js'
import { attempt } from '../../internal/checks/attempt.js'
import { sanitizeAttributes, sanitizeCount, sanitizeEnum, sanitizeText } from './sanitize.js'

/** About what a record takes, besides its texts: times, ids, severity. */
const RECORD_BYTES = 120
const ATTRIBUTE_BYTES = 20
/** How deeply a body is looked into for its size. */
const MOST_LEVELS = 4

type Serialize = (records: ReadableLogRecord[]) => Uint8Array | undefined

/** Has OpenTelemetry's own serializer write the records. */
export function otlpLogEncoder(protocol: OtlpProtocol): () => BatchEncoder<ReadableLogRecord> {
  const serializer = protocol === 'http/json' ? JsonLogsSerializer : ProtobufLogsSerializer
  const serialize: Serialize = (records) => serializer.serializeRequest(records)
  return () =>
    new SerializingEncoder({
      itemBytes: RECORD_BYTES,
      textBytes: ({ body, attributes }) => sizeOf(body) + sizeOf(attributes),
      // A body that holds itself, a BigInt in JSON, a getter that throws: one such record must not cost the others.
      serialize: (records) =>
        attempt(() => serialize(records)) ?? serialize(records.map((record) => sanitized(record, serialize))),
    })
}

function sanitized(record: ReadableLogRecord, serialize: Serialize): ReadableLogRecord {
  if (attempt(() => serialize([record]))) return record
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
  if (attempt(() => serialize([copy]))) return copy
  return { ...copy, body: sanitizeText(() => record.body), attributes: {} }
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
