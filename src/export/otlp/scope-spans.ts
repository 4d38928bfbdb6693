import type { InstrumentationScope } from '@opentelemetry/core'
import { ByteWriter } from '../protobuf/byte-writer.js'
import { encodeScope } from './heads.js'
import { messageSize, putMessage } from '../protobuf/fields.js'

const SPANS_OF_SCOPE = 0x12
/** About what the tag and the length of the message take. */
const PREFIX = 4

/** The encoded spans of one scope, a ScopeSpans. What is in the writer is part of it once it is committed. */
export class ScopeSpans {
  readonly writer: ByteWriter = new ByteWriter()
  readonly #head: Uint8Array
  #committed = 0

  constructor(scope: InstrumentationScope) {
    this.#head = encodeScope(scope)
  }

  get isEmpty(): boolean {
    return this.#committed === 0
  }

  /** What it takes in the message around it. */
  get size(): number {
    return messageSize(this.#head.length + this.#committed)
  }

  /** Returns by how many bytes the message has grown. */
  commit(): number {
    const before = this.#committed
    this.#committed = this.writer.position
    return this.#committed - before + (before === 0 ? this.#head.length + PREFIX : 0)
  }

  /** Forgets what was written since the last commit. */
  rewind(): void {
    this.writer.position = this.#committed
  }

  /** Puts the message there, and returns where it ends. */
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
