import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Certificates } from '../../helpers/certificates.js'
import type { OtlpSink, ReceivedRequest, SinkBehaviour } from '../../helpers/otlp-sink.js'
import { fixture } from '../../helpers/traced-app.js'
import type { Protocol } from '../../process-exit/both-runs.js'

/** Where a kind is played. */
export interface Stage {
  readonly sink: OtlpSink
  /** Of this run alone. */
  readonly folder: string
  /** What the app trusts. */
  readonly certificates: Certificates
}

/** What a backend can do for a while. */
export interface Kind {
  readonly name: string
  /** To each request while it lasts; without it, none gets that far. */
  readonly answer?: (request: ReceivedRequest) => SinkBehaviour
  /** Where answers are not all of it. */
  readonly begin?: (stage: Stage) => void | Promise<void>
  readonly end?: (stage: Stage) => void | Promise<void>
  readonly isTls?: boolean
  /** In the endpoint, where it is not the address. */
  readonly host?: string
  readonly nodeArgs?: readonly string[]
  readonly env?: (stage: Stage) => Readonly<Record<string, string>>
  /** How long an attempt lasts. */
  readonly attemptMillis?: number
  /** What is told at its beginning, of the same reason at its end: with the words of the server, where it has any. */
  readonly reason: Readonly<Record<Protocol, string>>
  /** And how it may be cured. */
  readonly cure: RegExp
}

/** In headers that the app sends, and servers that repeat them: nobody else may read them. */
export const SECRET = 'hunter2-and-more'
export const SECRET_HEADERS: Readonly<Record<string, string>> = {
  OTEL_EXPORTER_OTLP_HEADERS: `x-api-key=${SECRET},authorization=Bearer%20${SECRET}`,
}
/** What a server says that repeats them, and what may be told of it. */
const words = ({ headers }: ReceivedRequest): string => `not now, ${headers['x-api-key']} and ${headers.authorization}`
const MASKED = 'not now, *** and ***'

/** Of each protocol, every other request is taken before its acknowledgement is lost. */
function everyOther(behaviour: (accepted: boolean) => SinkBehaviour): NonNullable<Kind['answer']> {
  const requests = new Map<string, number>()
  return ({ protocol }) => {
    const before = requests.get(protocol) ?? 0
    requests.set(protocol, before + 1)
    return behaviour(before % 2 === 0)
  }
}

const SHORT_TIMEOUT_MILLIS = 4_000
const shortTimeout = { OTEL_EXPORTER_OTLP_TIMEOUT: `${SHORT_TIMEOUT_MILLIS}` }
const noAnswer = (millis: number): Kind['reason'] => ({
  grpc: `DEADLINE_EXCEEDED: no answer in ${millis} ms`,
  'http/protobuf': `no answer in ${millis} ms`,
})
const HANGS = /The backend is slow, or hangs\. OTEL_EXPORTER_OTLP_TIMEOUT sets how long/
const NOT_READY = /The backend, or a proxy before it, is not ready/
const THROTTLES = /The backend is throttling: sample \(OTEL_TRACES_SAMPLER\), or raise its limit/

export const KINDS: readonly Kind[] = [
  {
    name: 'refuses connections',
    begin: ({ sink }) => sink.down(),
    end: ({ sink }) => sink.up(),
    reason: { grpc: 'UNAVAILABLE: connect ECONNREFUSED <address>', 'http/protobuf': 'connect ECONNREFUSED <address>' },
    cure: /Nothing listens at \S+: is a collector running\? OTEL_EXPORTER_OTLP_ENDPOINT sets where spans go/,
  },
  {
    name: 'resets connections',
    answer: everyOther((accepted) => ({ kind: 'reset', accepted })),
    reason: { grpc: 'UNAVAILABLE: read ECONNRESET', 'http/protobuf': 'read ECONNRESET' },
    cure: /The server closed the connection/,
  },
  {
    name: 'is behind a proxy that says 503',
    answer: (request) => ({ kind: 'page', http: 503, html: `<h1>Sorry:</h1><p>${words(request)}</p>` }),
    reason: {
      grpc: 'UNAVAILABLE: Received HTTP status code 503',
      'http/protobuf': `HTTP 503 Service Unavailable: Sorry: ${MASKED}`,
    },
    cure: NOT_READY,
  },
  {
    name: 'is unavailable',
    answer: (request) => ({ kind: 'status', http: 503, grpc: 14, message: words(request) }),
    reason: { grpc: `UNAVAILABLE: ${MASKED}`, 'http/protobuf': `HTTP 503 Service Unavailable: ${MASKED}` },
    cure: NOT_READY,
  },
  {
    name: 'throttles, and says for how long',
    answer: (request) => ({ kind: 'status', http: 429, grpc: 8, message: words(request), retryAfterSeconds: 5 }),
    reason: { grpc: `RESOURCE_EXHAUSTED: ${MASKED}`, 'http/protobuf': `HTTP 429 Too Many Requests: ${MASKED}` },
    cure: THROTTLES,
  },
  {
    name: 'throttles, and does not say for how long',
    answer: (request) => ({ kind: 'status', http: 429, grpc: 8, message: words(request) }),
    reason: { grpc: `RESOURCE_EXHAUSTED: ${MASKED}`, 'http/protobuf': `HTTP 429 Too Many Requests: ${MASKED}` },
    cure: THROTTLES,
  },
  {
    name: 'hangs',
    answer: everyOther((accepted) => ({ kind: 'hang', accepted })),
    attemptMillis: 10_000,
    reason: noAnswer(10_000),
    cure: HANGS,
  },
  {
    name: 'leaves connections half-open',
    answer: everyOther((accepted) => ({ kind: 'half-open', accepted })),
    env: () => shortTimeout,
    attemptMillis: SHORT_TIMEOUT_MILLIS,
    reason: noAnswer(SHORT_TIMEOUT_MILLIS),
    cure: HANGS,
  },
  {
    name: 'answers a byte a second',
    answer: () => ({ kind: 'drip', everyMillis: 1_000 }),
    env: () => shortTimeout,
    attemptMillis: SHORT_TIMEOUT_MILLIS,
    reason: noAnswer(SHORT_TIMEOUT_MILLIS),
    cure: HANGS,
  },
  {
    name: 'shows the certificate of another CA',
    isTls: true,
    host: 'localhost',
    env: ({ certificates }) => ({ OTEL_EXPORTER_OTLP_CERTIFICATE: certificates.caPath }),
    end: ({ sink, certificates }) => sink.setCertificate(certificates.server),
    reason: { grpc: 'UNAVAILABLE: certificate signature failure', 'http/protobuf': 'certificate signature failure' },
    cure: /Set OTEL_EXPORTER_OTLP_CERTIFICATE to the file of the CA that signed the certificate of the server/,
  },
  {
    name: 'has a name that is not known',
    host: 'backend.test',
    nodeArgs: ['--require', fixture('outages/hosts-file.cjs')],
    env: ({ folder }) => ({ HOSTS_FILE: join(folder, 'hosts') }),
    end: ({ folder }) => writeFile(join(folder, 'hosts'), ''),
    reason: {
      grpc: 'UNAVAILABLE: Name resolution failed for target dns:<address>',
      'http/protobuf': 'getaddrinfo ENOTFOUND backend.test',
    },
    cure: /No host of this name was found\. OTEL_EXPORTER_OTLP_ENDPOINT sets where spans go/,
  },
]

/** No outage: it takes all spans but the last of each request. */
export const REJECTS: Kind = {
  name: 'rejects a span of each request',
  answer: (request) => ({ kind: 'partialSuccess', rejectedSpans: 1, errorMessage: words(request) }),
  reason: { grpc: MASKED, 'http/protobuf': MASKED },
  cure: /Its own log may say more/,
}
