import type { SinkAnswer } from './behaviour.js'
import { decodeJson, decodeProtobuf } from './decode.js'
import type { Inbox, OtlpProtocol, ReceivedRequest, SinkFault } from './inbox.js'
import { OTHER_SIGNALS } from './other-signals.js'
import { receivedSpans } from './received-span.js'
import { GRPC, Refusal } from './refusal.js'

/** What a protocol takes out of a request before anything is decoded. */
export type SentMessage = Pick<ReceivedRequest, 'protocol' | 'body' | 'bytes' | 'compression'>

/** One request of either protocol, with the ways to answer it. */
export interface Exchange extends Pick<SinkFault, 'server' | 'path' | 'headers'> {
  readonly clientName: string | undefined
  /** @throws {Refusal} */
  read(): Promise<SentMessage>
  respond(answer: WrittenAnswer, protocol: OtlpProtocol | undefined): void
  reset(): void
  /** From now on nothing that comes over this connection is heard. */
  deafen(): void
}

/** An answer that has bytes. */
export type WrittenAnswer = Exclude<SinkAnswer, { readonly kind: 'hang' | 'reset' | 'half-open' }>

/** Decodes a request, records it or its fault, and answers. Never rejects. */
export async function serve(inbox: Inbox, exchange: Exchange): Promise<void> {
  const { server, path, headers, clientName } = exchange
  const fault = (reason: string): void => inbox.fault({ server, reason, path, headers })
  let protocol: OtlpProtocol | undefined
  try {
    const sent = await exchange.read()
    protocol = sent.protocol
    const other = OTHER_SIGNALS[path]
    if (other) {
      const { message, problems } =
        protocol === 'http/json' ? decodeJson(sent.body, other) : decodeProtobuf(sent.body, other)
      problems.forEach(fault)
      if (inbox.takeOther({ protocol, path, headers, message }) === 'answer') exchange.respond({ kind: 'ok' }, protocol)
      return
    }
    const { message, problems } = protocol === 'http/json' ? decodeJson(sent.body) : decodeProtobuf(sent.body)
    const spans = receivedSpans(message, fault)
    problems.forEach(fault)
    const answer = await inbox.take({ ...sent, headers, path, message, spans, clientName })
    if (answer.kind === 'reset') exchange.reset()
    else if (answer.kind === 'half-open') exchange.deafen()
    else if (answer.kind !== 'hang') exchange.respond(answer, protocol)
  } catch (error) {
    const { message, httpStatus, grpcStatus } = asRefusal(error)
    fault(message)
    exchange.respond({ kind: 'status', http: httpStatus, grpc: grpcStatus, message }, protocol)
  }
}

/** Anything else that is thrown comes out of a test's own function of the request. */
function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  return new Refusal(`the sink failed: ${String(error)}`, { httpStatus: 500, grpcStatus: GRPC.unknown })
}
