import { attempt } from '../../internal/checks/attempt.js'
import type { BatchEncoder } from './encoder.js'

interface SerializingEncoderParts<T> {
  /** About what an item takes, besides its texts. */
  readonly itemBytes: number
  /** About what its texts take. */
  readonly textBytes: (item: T) => number
  /** Never throws. */
  readonly serialize: (items: T[]) => Uint8Array | undefined
}

/** Keeps the items, and has OpenTelemetry's own serializer write them when the batch is sent. */
export class SerializingEncoder<T> implements BatchEncoder<T> {
  byteLength = 0
  readonly #parts: SerializingEncoderParts<T>
  #kept: T[] = []

  constructor(parts: SerializingEncoderParts<T>) {
    this.#parts = parts
  }

  get spans(): number {
    return this.#kept.length
  }

  add(item: T): void {
    const { itemBytes, textBytes } = this.#parts
    this.#kept.push(item)
    this.byteLength += itemBytes + attempt(() => textBytes(item), 0)
  }

  take(): Uint8Array<ArrayBuffer> {
    const items = this.#kept
    this.#kept = []
    this.byteLength = 0
    return new Uint8Array(items.length === 0 ? [] : (this.#parts.serialize(items) ?? []))
  }
}
