// Counts the spans of raw requests, after the measurement.
import { gunzipSync } from 'node:zlib'

const SPANS_OF_REQUEST = [1, 2, 2]
const SPAN_ID = 2
const NAME = 5
/** Before each message: whether it is compressed, and its length. */
const GRPC_PREFIX = 5

/** @returns how many spans arrived, by their names, and how many of them arrived before */
export function countSpans(requests) {
  const seen = new Set()
  const counts = { arrived: {}, twice: 0 }
  for (const { kind, headers, body } of requests) {
    if (kind === 'dd') {
      // The agent's protocol tells how many traces there are: all of these benchmarks are of five spans.
      counts.arrived.dd = (counts.arrived.dd ?? 0) + 5 * Number(headers['x-datadog-trace-count'])
      continue
    }
    for (const { id, name } of otlpSpansIn(messageOf(kind, headers, body))) {
      if (seen.has(id)) counts.twice += 1
      else counts.arrived[name] = (counts.arrived[name] ?? 0) + 1
      seen.add(id)
    }
  }
  return counts
}

/** The spans of an OTLP request in protobuf: id and name of each. */
export const otlpSpansIn = (bytes) => spansIn(bytes, SPANS_OF_REQUEST)

function messageOf(kind, headers, body) {
  const isCompressed = kind === 'grpc' ? body[0] === 1 : headers['content-encoding'] === 'gzip'
  const bytes = kind === 'grpc' ? body.subarray(GRPC_PREFIX) : body
  return isCompressed ? gunzipSync(bytes) : bytes
}

function* spansIn(bytes, [field, ...deeper]) {
  for (const [number, value] of fieldsOf(bytes)) {
    if (number !== field) continue
    if (deeper.length > 0) yield* spansIn(value, deeper)
    else yield identityOf(value)
  }
}

function identityOf(span) {
  const identity = {}
  for (const [number, value] of fieldsOf(span)) {
    if (number === SPAN_ID) identity.id = value.toString('hex')
    else if (number === NAME) identity.name = value.toString()
  }
  return identity
}

/** The fields that hold bytes. */
function* fieldsOf(bytes) {
  let at = 0
  const varint = () => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++]
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }
  while (at < bytes.length) {
    const tag = varint()
    const wireType = tag & 7
    if (wireType === 0) varint()
    else if (wireType === 1) at += 8
    else if (wireType === 5) at += 4
    else {
      const end = varint() + at
      yield [tag >>> 3, bytes.subarray(at, end)]
      at = end
    }
  }
}
