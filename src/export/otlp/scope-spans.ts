import type { InstrumentationScope } from '@opentelemetry/core'
import { byteWriter, type ByteWriter } from '../protobuf/byte-writer.js'
import { encodeScope } from './heads.js'
import { messageSize, putMessage } from './message.js'

const SPANS_OF_SCOPE = 0x12
/** About what the tag and the length of the message take. */
const PREFIX = 4

/** The encoded spans of one scope, a ScopeSpans. What is in the writer is part of it once it is committed. */
export interface ScopeSpans {
  readonly writer: ByteWriter
  readonly isEmpty: boolean
  /** What it takes in the message around it. */
  readonly size: number
  /** Returns by how many bytes the message has grown. */
  commit(): number
  /** Forgets what was written since the last commit. */
  rewind(): void
  /** Puts the message there, and returns where it ends. */
  put(target: Uint8Array, position: number): number
  clear(): void
}

export function scopeSpans(scope: InstrumentationScope): ScopeSpans {
  return new EncodedSpans(scope)
}

class EncodedSpans implements ScopeSpans {
  readonly writer: ByteWriter = byteWriter()
  readonly #head: Uint8Array
  #committed = 0

  constructor(scope: InstrumentationScope) {
    this.#head = encodeScope(scope)
  }

  get isEmpty(): boolean {
    return this.#committed === 0
  }

  get size(): number {
    return messageSize(this.#head.length + this.#committed)
  }

  commit(): number {
    const before = this.#committed
    this.#committed = this.writer.position
    return this.#committed - before + (before === 0 ? this.#head.length + PREFIX : 0)
  }

  rewind(): void {
    this.writer.position = this.#committed
  }

  put(target: Uint8Array, position: number): number {
    const start = putMessage(target, position, SPANS_OF_SCOPE, this.#head.length + this.#committed)
    target.set(this.#head, start)
    target.set(this.writer.bytes.subarray(0, this.#committed), start + this.#head.length)
    return start + this.#head.length + this.#committed
  }

  clear(): void {
    this.#committed = 0
    this.writer.clear()
  }
}
