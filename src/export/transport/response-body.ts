import { SIGNALS } from '../pipeline/signal.js'
import { bytesField, numberField, protobufFields, textField } from '../protobuf/protobuf-cursor.js'

export interface PartialSuccess {
  /** Or log records, or data points. */
  readonly rejectedSpans: number
  readonly message: string
}

const NOTHING: PartialSuccess = { rejectedSpans: 0, message: '' }

/** What an Export…ServiceResponse says about items that were not taken. One that can't be read says nothing. */
export function partialSuccessIn(response: Uint8Array): PartialSuccess {
  const partial = protobufFields(bytesField(protobufFields(response), 1))
  return { rejectedSpans: countOf(numberField(partial, 1)), message: textField(partial, 2) }
}

/** The same in OTLP's JSON, where a 64-bit integer is a string, or a number. */
export function partialSuccessInJson(response: Uint8Array): PartialSuccess {
  try {
    const { partialSuccess } = JSON.parse(new TextDecoder().decode(response)) as {
      partialSuccess?: Readonly<Record<string, unknown>>
    }
    const { errorMessage, ...counts } = partialSuccess ?? {}
    const name = Object.values(SIGNALS).find(({ rejected }) => rejected in counts)?.rejected
    return {
      rejectedSpans: countOf(Number(name === undefined ? 0 : counts[name])),
      message: typeof errorMessage === 'string' ? errorMessage : '',
    }
  } catch {
    return NOTHING
  }
}

function countOf(value: number): number {
  return Number.isSafeInteger(value) && value > 0 ? value : 0
}

/** google.rpc.Status, the body with which OTLP backends refuse. */
export interface RpcStatus {
  readonly message: string
  /** From a google.rpc.RetryInfo among its details. */
  readonly retryAfterMillis: number | undefined
}

const RETRY_INFO = '/google.rpc.RetryInfo'

/** One that can't be read has no message. */
export function rpcStatusIn(bytes: Uint8Array): RpcStatus {
  const status = protobufFields(bytes)
  const details = status
    .filter(({ number }) => number === 3)
    .map(({ value }) => (typeof value === 'object' ? protobufFields(value) : []))
  const retryInfo = details.find((any) => textField(any, 1).endsWith(RETRY_INFO))
  return {
    message: textField(status, 2),
    retryAfterMillis: retryInfo && durationMillis(bytesField(protobufFields(bytesField(retryInfo, 2)), 1)),
  }
}

export function rpcStatusMessageInJson(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes)
  try {
    const { message } = JSON.parse(text) as { message?: unknown }
    return typeof message === 'string' ? message : text
  } catch {
    return text
  }
}

/** google.protobuf.Duration. A negative one is not a time to wait. */
function durationMillis(bytes: Uint8Array): number {
  const fields = protobufFields(bytes)
  const millis = numberField(fields, 1) * 1_000 + numberField(fields, 2) / 1e6
  return Number.isSafeInteger(Math.ceil(millis)) ? millis : 0
}
