import { monotonicClock } from '../../../src/internal/runtime/clock.js'
import { acceptedCount, behavioursOf, type NextBehaviour, type SinkAnswer, type SinkScript } from './behaviour.js'
import type { ExportRequestMessage } from './message.js'
import type { OtherRequest } from './other-signals.js'
import type { ReceivedSpan } from './received-span.js'
import { Waiters } from './waiters.js'

export type OtlpProtocol = 'grpc' | 'http/protobuf' | 'http/json'

/** A request that the sink could decode, whatever it answered. */
export interface ReceivedRequest {
  readonly protocol: OtlpProtocol
  /** Names in lower case; a header that came several times is joined by ", ". */
  readonly headers: Readonly<Record<string, string>>
  readonly path: string
  readonly compression: 'gzip' | 'none'
  /** The size of the message as it was sent, compressed or not, without HTTP and gRPC framing. */
  readonly bytes: number
  /** The message's bytes, no longer compressed. */
  readonly body: Uint8Array
  readonly message: ExportRequestMessage
  /** All spans of the request, the refused ones too. */
  readonly spans: readonly ReceivedSpan[]
  /** The spans that the sink took: none before it has decided on its answer. */
  readonly acceptedSpans: readonly ReceivedSpan[]
  /** When the request was there, in milliseconds since a fixed point: for the time between attempts. */
  readonly arrivedAtMillis: number
  /** The common name of the client's certificate, with mutual TLS. */
  readonly clientName: string | undefined
}

export type Arrival = Omit<ReceivedRequest, 'acceptedSpans' | 'arrivedAtMillis'>

/** Something that a correct exporter never sends. */
export interface SinkFault {
  /** The server that was spoken to. */
  readonly server: 'grpc' | 'http'
  readonly reason: string
  /** Empty when there was no request, but a connection at fault. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

// Taken once: a test that fakes the timers doesn't fake the sink's network.
const { setTimeout, clearTimeout } = globalThis

/** What arrived, and what is to be answered: the part of the sink that both protocols share. */
export class Inbox {
  readonly requests: ReceivedRequest[] = []
  readonly otherRequests: OtherRequest[] = []
  readonly faults: SinkFault[] = []
  readonly waiters: Waiters = new Waiters(() => this.#story())
  readonly #delays = new Set<NodeJS.Timeout>()
  #hangsOthers = false
  #next: NextBehaviour = behavioursOf({ kind: 'ok' })

  respondWith(script: SinkScript): void {
    this.#next = behavioursOf(script)
  }

  spans(): ReceivedSpan[] {
    return this.requests.flatMap((request) => request.acceptedSpans)
  }

  /** Records the request and settles with what to answer. */
  async take(arrival: Arrival): Promise<SinkAnswer> {
    const request = { ...arrival, acceptedSpans: [] as readonly ReceivedSpan[], arrivedAtMillis: now() }
    const script = this.#next
    this.requests.push(request)
    this.waiters.check()
    let behaviour = await script(request)
    while (behaviour.kind === 'slow') {
      await this.#delay(behaviour.millis)
      behaviour = behaviour.then ?? { kind: 'ok' }
    }
    request.acceptedSpans = request.spans.slice(0, acceptedCount(behaviour, request.spans.length))
    this.waiters.check()
    return behaviour
  }

  hangOthers(): void {
    this.#hangsOthers = true
  }

  /** Of logs and metrics: taken, whatever the script says, and answered unless they are to hang. */
  takeOther(request: OtherRequest): 'answer' | 'hang' {
    this.otherRequests.push(request)
    this.waiters.check()
    return this.#hangsOthers ? 'hang' : 'answer'
  }

  fault(fault: SinkFault): void {
    this.faults.push(fault)
  }

  reset(): void {
    this.requests.length = 0
    this.otherRequests.length = 0
    this.faults.length = 0
    this.#hangsOthers = false
    this.respondWith({ kind: 'ok' })
  }

  close(): void {
    for (const delay of this.#delays) clearTimeout(delay)
    this.waiters.close()
  }

  #delay(millis: number): Promise<void> {
    return new Promise((resolve) => {
      const delay = setTimeout(() => {
        this.#delays.delete(delay)
        resolve()
      }, millis)
      this.#delays.add(delay)
    })
  }

  #story(): string {
    const faults = this.faults.map(({ server, reason }) => `${server}: ${reason}`)
    return `${this.requests.length} requests, ${this.spans().length} accepted spans, faults: ${faults.join('; ') || 'none'}`
  }
}

function now(): number {
  return monotonicClock.nowMillis()
}
