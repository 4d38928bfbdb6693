import type { AnyValue, Attributes } from '@opentelemetry/api'
import type { LogRecordProcessor, ReadWriteLogRecord } from '@opentelemetry/sdk-logs'
import type { SpanValues } from '../../internal/privacy/span-values.js'

/** Stands before the processors that send: what the option `redact` asks for is done to each record. */
export function redactingLogProcessor(values: SpanValues): LogRecordProcessor {
  const done = (): Promise<void> => Promise.resolve()
  return { onEmit: (record) => redact(record, values), forceFlush: done, shutdown: done }
}

function redact(record: ReadWriteLogRecord, values: SpanValues): void {
  const { attributes } = record
  for (const key of Object.keys(attributes)) {
    const value = values.attribute(key, attributes[key], attributes)
    if (value === attributes[key]) continue
    if (value === undefined) Reflect.deleteProperty(attributes, key)
    else attributes[key] = value
  }
  record.body = bodyOf(record.body, values)
}

/** A map has names like attributes. */
function bodyOf(body: AnyValue, values: SpanValues): AnyValue {
  if (typeof body === 'string') return values.text(body)
  if (Array.isArray(body)) return body.map((each) => bodyOf(each as AnyValue, values))
  if (typeof body !== 'object' || body === null || body instanceof Uint8Array) return body
  return values.attributes(body as Attributes)
}
