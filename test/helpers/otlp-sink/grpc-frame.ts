import { gunzip } from './decode.js'
import { GRPC, Refusal } from './refusal.js'

const PREFIX_BYTES = 5

/** The default limit of gRPC servers, and of the collector. */
const MOST_MESSAGE_BYTES = 4 * 1_024 * 1_024

export interface GrpcMessage {
  readonly body: Buffer
  readonly compression: 'gzip' | 'none'
  /** As sent, without the five bytes of the prefix. */
  readonly bytes: number
}

/**
 * Takes the one message of a unary call out of its frame: a flag byte (compressed or not), the length in four bytes.
 *
 * @throws {Refusal} for anything but exactly one whole message.
 */
export function unframe(data: Buffer, encoding: string): GrpcMessage {
  if (data.length < PREFIX_BYTES) throw wrongFrame(`${data.length} bytes are no gRPC frame`)
  const flag = data.readUInt8(0)
  const length = data.readUInt32BE(1)
  const payload = data.subarray(PREFIX_BYTES)
  if (flag > 1) throw wrongFrame(`the flag of the gRPC frame is ${flag}`)
  if (payload.length !== length) {
    throw wrongFrame(`the gRPC frame announces ${length} bytes, ${payload.length} follow`)
  }
  if (flag === 0) return withinLimit({ body: payload, compression: 'none', bytes: length })
  if (encoding === 'identity') throw wrongFrame('the gRPC frame is compressed, grpc-encoding does not say how')
  if (encoding !== 'gzip') {
    throw new Refusal(`grpc-encoding ${encoding}`, { httpStatus: 200, grpcStatus: GRPC.unimplemented })
  }
  return withinLimit({ body: gunzip(payload), compression: 'gzip', bytes: length })
}

export function frame(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES)
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

function withinLimit(message: GrpcMessage): GrpcMessage {
  if (message.body.length <= MOST_MESSAGE_BYTES) return message
  const reason = `received message larger than max (${message.body.length} vs ${MOST_MESSAGE_BYTES})`
  throw new Refusal(reason, { httpStatus: 200, grpcStatus: GRPC.resourceExhausted })
}

function wrongFrame(reason: string): Refusal {
  return new Refusal(reason, { httpStatus: 200, grpcStatus: GRPC.internal })
}
