import { gunzipSync } from 'node:zlib'
import protobuf, { type Message, type Type } from 'protobufjs'
import { fromJson } from 'protobufjs/ext/protojson.js'
import { canonicalJson, parseJson } from './json-mapping.js'
import type { ExportRequestMessage } from './message.js'
import { undecodable } from './refusal.js'
import { exportRequestType } from './schema.js'

/** A decoded message, and what is wrong with it though a real server would take it. */
export interface Decoded {
  readonly message: ExportRequestMessage
  readonly problems: readonly string[]
}

/** @throws {Refusal} when the bytes are no message of the type. */
export function decodeProtobuf(body: Uint8Array, type: Type = exportRequestType): Decoded {
  const reader = protobuf.Reader.create(body)
  // An unknown field is how a wrong field number shows itself, so they are kept to be told of.
  reader.discardUnknown = false
  const message = orRefuse('protobuf', () => type.decode(reader))
  return { message: toPlain(message, type), problems: unknownFields(message, type.name) }
}

/**
 * Decodes by the JSON mapping of OTLP: ids in hex, enums as integers, lowerCamelCase keys, 64-bit integers as decimal
 * strings or numbers, bytes in base64.
 *
 * @throws {Refusal} when the text is no message of the type.
 */
export function decodeJson(body: Uint8Array, type: Type = exportRequestType): Decoded {
  const problems: string[] = []
  const message = orRefuse('JSON', () => {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body)
    const json = canonicalJson(type, parseJson(text), (problem) => problems.push(problem))
    return fromJson(type, json)
  })
  return { message: toPlain(message, type), problems }
}

/** @throws {Refusal} when the bytes are no gzip stream. */
export function gunzip(bytes: Uint8Array): Buffer {
  return orRefuse('gzip', () => gunzipSync(bytes))
}

function toPlain(message: Message, type: Type): ExportRequestMessage {
  return type.toObject(message, { longs: BigInt, defaults: true, oneofs: true }) as ExportRequestMessage
}

function unknownFields(value: unknown, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => unknownFields(item, `${path}[${index}]`))
  if (!(value instanceof protobuf.Message)) return []
  const here = (value.$unknowns ?? []).map((bytes) => {
    return `unknown field ${protobuf.Reader.create(bytes).uint32() >>> 3} in ${path}`
  })
  const below = Object.entries(value).flatMap(([key, field]) => unknownFields(field, `${path}.${key}`))
  return [...here, ...below]
}

function orRefuse<T>(format: string, decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    throw undecodable(`not valid ${format}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
