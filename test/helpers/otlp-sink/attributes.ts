import type { AnyValueMessage, KeyValueMessage } from './message.js'

/** An attribute's value. Integers beyond the safe ones are bigint; an empty value is undefined. */
export type ReceivedValue =
  string | number | bigint | boolean | Uint8Array | undefined | readonly ReceivedValue[] | ReceivedAttributes

export interface ReceivedAttributes {
  readonly [key: string]: ReceivedValue
}

/** Key-value pairs as an object. A key that comes twice is reported: the last one is what the object holds. */
export function attributesFrom(
  pairs: readonly KeyValueMessage[],
  report: (problem: string) => void,
): ReceivedAttributes {
  const keys = new Set<string>()
  for (const { key } of pairs) {
    if (keys.has(key)) report(`attribute ${key} is there twice`)
    keys.add(key)
  }
  return Object.fromEntries(pairs.map(({ key, value }) => [key, valueFrom(value, report)]))
}

export function valueFrom(any: AnyValueMessage | null, report: (problem: string) => void): ReceivedValue {
  if (any?.value === undefined) return undefined
  switch (any.value) {
    case 'intValue': {
      const exact = any.intValue ?? 0n
      return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact
    }
    case 'bytesValue':
      return Uint8Array.from(any.bytesValue ?? [])
    case 'arrayValue':
      return any.arrayValue?.values.map((value) => valueFrom(value, report))
    case 'kvlistValue':
      return attributesFrom(any.kvlistValue?.values ?? [], report)
    default:
      return any[any.value]
  }
}
