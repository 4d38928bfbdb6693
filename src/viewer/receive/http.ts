import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Bodies } from './body.js'
import { checkHost, checkOrigin, checkToken, isAllowedOrigin, type AccessRules } from './checks.js'
import { signalOf, takeIn, type Encoding, type Taker } from './intake.js'
import { errorStatus, exportResponse } from './otlp-answers.js'
import { GRPC, Refusal, type Refusals } from './refusal.js'

/** Answers a request that is not OTLP: the page and its API. False where it does not either. */
export type HandleOther = (request: IncomingMessage, response: ServerResponse) => boolean

/** What both protocols receive with. */
export interface Intake extends Taker {
  readonly rules: AccessRules
  readonly bodies: Bodies
  readonly refusals: Refusals
}

const CONTENT_TYPES: Readonly<Record<Encoding, string>> = {
  json: 'application/json',
  protobuf: 'application/x-protobuf',
}

/** OTLP over HTTP; what is not for `/v1/` goes to `handleOther`. Every request has passed the check of its Host by then. */
export function httpHandler(intake: Intake, handleOther: HandleOther | undefined): HandleRequest {
  return (request, response) => {
    void handle(request, response, intake, handleOther).catch((error: unknown) => {
      refuse(request, response, intake, error)
    })
  }
}

export type HandleRequest = (request: IncomingMessage, response: ServerResponse) => void

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  intake: Intake,
  handleOther: HandleOther | undefined,
): Promise<void> {
  checkHost(request.headers.host, intake.rules)
  const path = pathOf(request)
  if (!path.startsWith('/v1/')) {
    if (!handleOther?.(request, response)) throw new Refusal('nothing is here', { http: 404, grpc: GRPC.unimplemented })
    return
  }
  checkOrigin(request.headers.origin, intake.rules)
  allowOrigin(request, response)
  if (request.method === 'OPTIONS') answerPreflight(request, response)
  else await receive(request, response, intake, path)
}

async function receive(
  request: IncomingMessage,
  response: ServerResponse,
  intake: Intake,
  path: string,
): Promise<void> {
  const signal = signalOf(path)
  if (!signal) throw new Refusal('OTLP is received at /v1/traces and /v1/logs', { http: 404, grpc: GRPC.unimplemented })
  if (request.method !== 'POST') {
    response.setHeader('allow', 'POST, OPTIONS')
    throw new Refusal(`the method ${request.method}, where OTLP has POST`, { http: 405, grpc: GRPC.unimplemented })
  }
  const encoding = encodingOf(request)
  checkToken(request.headers, intake.rules)
  const rejected = await intake.bodies.read(request, async (body, unzip) => {
    const plain = await unzip(body, contentEncodingOf(request))
    return takeIn(plain, signal, encoding, intake)
  })
  send(response, 200, exportResponse(rejected, encoding), encoding)
}

function pathOf({ url = '/' }: IncomingMessage): string {
  return url.replace(/[?#].*/s, '').replace(/(?<=.)\/$/, '')
}

/** No form and no `fetch` without a preflight can have these types: so no page of another site sends anything. */
function encodingOf(request: IncomingMessage): Encoding {
  const type = mediaTypeOf(request)
  if (type === CONTENT_TYPES.json) return 'json'
  if (type === CONTENT_TYPES.protobuf) return 'protobuf'
  throw new Refusal(
    `the content type ${type?.slice(0, 100) ?? 'is missing'}, where OTLP has ${CONTENT_TYPES.protobuf} or ${CONTENT_TYPES.json}`,
    { http: 415, grpc: GRPC.invalidArgument },
  )
}

function mediaTypeOf({ headers }: IncomingMessage): string | undefined {
  return headers['content-type']?.replace(/;.*/s, '').trim().toLowerCase()
}

function contentEncodingOf(request: IncomingMessage): string {
  return (request.headers['content-encoding'] ?? '').trim().toLowerCase()
}

/** Browsers want it in the answer to the request, too, and not in that to the preflight alone. */
function allowOrigin({ headers: { origin } }: IncomingMessage, response: ServerResponse): void {
  if (origin === undefined) return
  response.setHeader('access-control-allow-origin', origin)
  response.setHeader('vary', 'Origin')
}

function answerPreflight({ headers }: IncomingMessage, response: ServerResponse): void {
  const wanted = headers['access-control-request-headers']
  response.setHeader('access-control-allow-methods', 'POST')
  if (wanted !== undefined) response.setHeader('access-control-allow-headers', wanted)
  if (headers['access-control-request-private-network'] === 'true') {
    response.setHeader('access-control-allow-private-network', 'true')
  }
  response.setHeader('access-control-max-age', '7200')
  response.writeHead(204).end()
}

function refuse(request: IncomingMessage, response: ServerResponse, { rules, refusals }: Intake, error: unknown): void {
  // The sender has gone in the middle of its request, or of the answer.
  if (response.destroyed || response.headersSent) return void response.destroy()
  const refusal = error instanceof Refusal ? error : failure(error)
  refusals.add(pathOf(request), refusal.message)
  const { httpStatus, grpcStatus, message } = refusal
  if (httpStatus === 401) response.setHeader('www-authenticate', 'Bearer')
  if (httpStatus === 503) response.setHeader('retry-after', '1')
  const { origin } = request.headers
  if (origin !== undefined && isAllowedOrigin(origin, rules)) allowOrigin(request, response)
  const encoding = mediaTypeOf(request) === CONTENT_TYPES.protobuf ? 'protobuf' : 'json'
  send(response, httpStatus, errorStatus(grpcStatus, message, encoding), encoding)
}

export function failure(error: unknown): Refusal {
  const text = error instanceof Error ? error.message : String(error)
  return new Refusal(`the viewer failed: ${text}`, { http: 500, grpc: GRPC.internal })
}

function send(response: ServerResponse, status: number, body: Buffer, encoding: Encoding): void {
  response.setHeader('x-content-type-options', 'nosniff')
  response.writeHead(status, { 'content-type': CONTENT_TYPES[encoding], 'content-length': body.length }).end(body)
}
