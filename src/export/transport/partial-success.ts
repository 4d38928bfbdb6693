import { SIGNALS } from '../pipeline/signal.js'
import { bytesField, numberField, protobufFields, textField } from '../protobuf/protobuf-fields.js'

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
