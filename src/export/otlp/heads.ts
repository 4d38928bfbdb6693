import type { InstrumentationScope } from '@opentelemetry/core'
import type { Resource } from '@opentelemetry/resources'
import { writeAttributes } from './attributes.js'
import { ByteWriter } from '../protobuf/byte-writer.js'
import { writeCount, writeTag, writeText } from '../protobuf/fields.js'
import { sanitizeResource, sanitizeScope } from './sanitize-source.js'

// Fields of ScopeSpans and of ResourceSpans alike.
const HEAD = 0x0a
const SCHEMA_URL = 0x1a

/** The fields of a ScopeSpans besides the spans. Never throws. */
export function encodeScope(scope: InstrumentationScope): Uint8Array {
  const { name, version, attributes, droppedAttributesCount, schemaUrl } = sanitizeScope(scope)
  return encodeHead(schemaUrl, (writer) => {
    writeText(writer, 0x0a, name)
    writeText(writer, 0x12, version)
    writeAttributes(writer, attributes, 0x1a)
    writeCount(writer, 0x20, droppedAttributesCount)
  })
}

/** The fields of a ResourceSpans besides the spans and their scopes. Never throws. */
export function encodeResource(resource: Resource): Uint8Array {
  const { attributes, droppedAttributesCount, schemaUrl } = sanitizeResource(resource)
  return encodeHead(schemaUrl, (writer) => {
    writeAttributes(writer, attributes, 0x0a)
    writeCount(writer, 0x10, droppedAttributesCount)
  })
}

function encodeHead(schemaUrl: string, writeFields: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter()
  writeTag(writer, HEAD)
  const start = writer.begin()
  writeFields(writer)
  writer.end(start)
  writeText(writer, SCHEMA_URL, schemaUrl)
  return new Uint8Array(writer.bytes.subarray(0, writer.position))
}
