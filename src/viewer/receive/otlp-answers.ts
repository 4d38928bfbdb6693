import { writeVarint } from '../../export/protobuf/byte-writer.js'
import type { Encoding } from './intake.js'

const REJECTED = 'spans without a usable trace or span id'

/** An `Export…ServiceResponse`: empty, or a partial success with how many were rejected. */
export function exportResponse(rejected: number, encoding: Encoding): Buffer {
  if (encoding === 'json') {
    const partialSuccess = { rejectedSpans: String(rejected), errorMessage: REJECTED }
    return Buffer.from(JSON.stringify(rejected > 0 ? { partialSuccess } : {}))
  }
  if (rejected === 0) return Buffer.alloc(0)
  return delimited(1, Buffer.concat([number(1, rejected), delimited(2, Buffer.from(REJECTED))]))
}

/** A `google.rpc.Status`, which is what OTLP has in the body of an error. */
export function errorStatus(code: number, message: string, encoding: Encoding): Buffer {
  if (encoding === 'json') return Buffer.from(JSON.stringify({ code, message }))
  return Buffer.concat([number(1, code), delimited(2, Buffer.from(message))])
}

const LONGEST_VARINT = 10

function varint(value: number): Buffer {
  const bytes = Buffer.alloc(LONGEST_VARINT)
  return bytes.subarray(0, writeVarint(value, bytes, 0))
}

function number(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)])
}

function delimited(field: number, value: Buffer): Buffer {
  return Buffer.concat([varint(field * 8 + 2), varint(value.length), value])
}
