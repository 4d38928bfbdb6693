import type { ReceivedLog, ReceivedSpan } from '../model/received-span.js'
import type { TraceStore } from '../model/trace-store.js'
import { Bodies } from './body.js'
import type { AccessRules } from './checks.js'
import { httpHandler, type HandleOther, type Intake } from './http.js'
import { Port } from './port.js'
import { Refusals, type RefusedRequests } from './refusal.js'

export interface ReceiverOptions extends AccessRules {
  readonly store: TraceStore
  /** The addresses to listen at. Default: 127.0.0.1 and ::1. */
  readonly hosts?: readonly string[]
  /** Each takes HTTP and gRPC. 0 is any free port. Default: 4318 and 4317. */
  readonly ports?: readonly number[]
  /** Gets the requests that are not for `/v1/`; their Host has been checked. */
  readonly handleOther?: HandleOther
  /** Hears of the spans of each request, after the store has them. */
  readonly onSpans?: (spans: readonly ReceivedSpan[]) => void
  readonly onLogs?: (logs: readonly ReceivedLog[]) => void
  /** A request's body, unzipped; and all that are read at one time. */
  readonly maxBodyBytes?: number
  readonly maxBytesInFlight?: number
}

export interface Receiver extends AsyncDisposable {
  /** Those that it listens at, in the order of the options. */
  readonly ports: readonly number[]
  /** Requests that were refused, and why. */
  refusals(): readonly RefusedRequests[]
  /** Takes no more, and ends the connections there are. */
  close(): Promise<void>
}

/** OTLP's ports for HTTP and for gRPC. */
export const OTLP_PORTS: readonly number[] = [4318, 4317]
export const LOOPBACK_HOSTS: readonly string[] = ['127.0.0.1', '::1']

/** A port that another program listens at. */
export class PortTakenError extends Error {
  override readonly name = 'PortTakenError'
  readonly port: number

  constructor(port: number, host: string) {
    super(`port ${port} of ${host} is taken by another program`)
    this.port = port
  }
}

/**
 * Receives OTLP on every given port of every given address.
 *
 * @throws {PortTakenError} where another program has one of them; then none is kept
 */
export async function startReceiver(options: ReceiverOptions): Promise<Receiver> {
  const { store, hosts = LOOPBACK_HOSTS, ports = OTLP_PORTS, maxBodyBytes, maxBytesInFlight } = options
  const refusals = new Refusals()
  const bodies = new Bodies(maxBodyBytes, maxBytesInFlight)
  const intake: Intake = { store, rules: options, bodies, refusals, onSpans: options.onSpans, onLogs: options.onLogs }
  const handleRequest = httpHandler(intake, options.handleOther)
  const opened: Port[] = []
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((port) => port.close()))
  }
  const listening: number[] = []
  try {
    for (const wanted of ports) {
      let number = wanted
      for (const host of hosts) {
        const port = new Port(intake, handleRequest)
        const isOpen = await listenAt(port, number, host, { isNeeded: host === hosts[0], isAny: wanted === 0 })
        if (isOpen === undefined) continue
        opened.push(port)
        number = isOpen
      }
      listening.push(number)
    }
  } catch (error) {
    await close()
    throw error
  }
  return { ports: listening, refusals: () => refusals.list(), close, [Symbol.asyncDispose]: close }
}

/** The port; undefined where the machine has no such address, which is no fault unless it is the first. */
async function listenAt(
  port: Port,
  number: number,
  host: string,
  { isNeeded, isAny }: { readonly isNeeded: boolean; readonly isAny: boolean },
): Promise<number | undefined> {
  try {
    return await port.listen(number, host)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // A port that the system chose for the first address may be taken at the second.
    if (code === 'EADDRINUSE' && (isNeeded || !isAny)) throw new PortTakenError(number, host)
    if (!isNeeded && (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT' || code === 'EADDRINUSE')) return undefined
    throw error
  }
}
