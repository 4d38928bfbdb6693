import { vi } from 'vitest'
import type { EncodedBatch } from '../../../src/export/delivery/queued-batch.js'
import { Delivery } from '../../../src/export/delivery/delivery.js'
import type { DeliveryEvent } from '../../../src/export/delivery/events.js'
import type { Spool } from '../../../src/export/spool/spool.js'
import type { Answer, Retryable, Transport } from '../../../src/export/transport/transport.js'

export const ACCEPTED: Answer = { kind: 'success', rejectedSpans: 0, message: '' }
export const REFUSED: Answer = { kind: 'permanent', reason: 'bad request' }
export const TOO_LARGE: Answer = { kind: 'too-large', reason: 'HTTP 413' }
export const BUSY: Retryable = {
  kind: 'retryable',
  reason: 'busy',
  retryAfterMillis: undefined,
  isUnreachable: false,
  mayHaveArrived: false,
}
export const UNREACHABLE: Answer = { ...BUSY, reason: 'refused', isUnreachable: true }
export const LOST: Answer = { ...BUSY, reason: 'reset', mayHaveArrived: true }
export const toldToWait = (retryAfterMillis: number): Answer => ({ ...BUSY, retryAfterMillis })

export interface Sent {
  readonly bytes: Uint8Array
  readonly timeoutMillis: number
  readonly at: number
  answer(answer: Answer): void
}

/** Plays a backend from a script: each attempt gets what `respond` says, or, where it says nothing, waits for `answer`. */
export class ScriptedTransport implements Transport {
  readonly endpoint = 'http://backend:4318'
  readonly sent: Sent[] = []
  respond: (bytes: Uint8Array) => Answer | undefined = () => undefined
  isClosed = false

  send(bytes: Uint8Array, timeoutMillis: number): Promise<Answer> {
    return new Promise((resolve) => {
      this.sent.push({ bytes, timeoutMillis, at: performance.now(), answer: resolve })
      const answer = this.respond(bytes)
      if (answer) resolve(answer)
    })
  }

  isReading(): boolean {
    return false
  }

  close(): void {
    this.isClosed = true
  }
}

type Stored = Pick<EncodedBatch, 'bytes' | 'spans'>

/** A spool that keeps its entries in memory; what it does on disk is tested with the real one. */
export class MemorySpool implements Spool {
  readonly entries: Map<string, Stored> = new Map<string, Stored>()
  left: string[] = []
  most = 1e9
  isClosed = false
  #last = 0

  put(batch: Stored): string | undefined {
    if (this.entries.size >= this.most) return undefined
    const name = `entry-${(this.#last += 1)}`
    this.entries.set(name, batch)
    return name
  }

  adopt(): readonly string[] {
    return this.left.splice(0)
  }

  read(name: string): Stored | undefined {
    return this.entries.get(name)
  }

  has(name: string): boolean {
    return this.entries.has(name)
  }

  remove(name: string): void {
    this.entries.delete(name)
  }

  close(): void {
    this.isClosed = true
  }
}

export interface Rig {
  readonly delivery: Delivery
  readonly transport: ScriptedTransport
  readonly events: DeliveryEvent[]
  /** The events as short texts: `settled 3 1/0`. */
  readonly told: () => string[]
}

export interface RigOptions {
  readonly spool?: Spool
  readonly outageBufferBytes?: number
  readonly random?: () => number
  readonly transport?: ScriptedTransport
  readonly release?: (bytes: Uint8Array) => void
  readonly takesRests?: () => boolean
}

/** The middle of the jitter: a backoff is exactly its nominal time. */
const NO_JITTER = 0.5

export function rig(options: RigOptions = {}): Rig {
  const {
    transport = new ScriptedTransport(),
    outageBufferBytes = 1e6,
    random = () => NO_JITTER,
    spool,
    release,
    takesRests,
  } = options
  const events: DeliveryEvent[] = []
  const delivery = new Delivery({
    transport,
    report: (event) => void events.push(event),
    maxBytes: outageBufferBytes,
    attemptTimeoutMillis: 10_000,
    random,
    release,
    takesRests,
    ...(spool && { spool }),
  })
  return { delivery, transport, events, told: () => events.map(asText) }
}

/** Lets answers that are there be heard. */
export async function heard(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0)
}

function asText(event: DeliveryEvent): string {
  if (event.kind === 'settled') return `settled ${event.id} ${event.exported}/${event.failed}`
  if (event.kind === 'shed') return `shed ${event.id} ${event.spans}`
  if (event.kind === 'split') return `split ${event.id} ${event.halves.map(({ spans }) => spans).join('+')}`
  if (event.kind === 'exporting') return `exporting ${event.id}${event.again ? ' again' : ''}`
  return 'id' in event ? `${event.kind} ${event.id}` : event.kind
}
