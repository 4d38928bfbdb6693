import { SIGNALS, type SignalNames } from '../pipeline/signal.js'

const SETS_WHERE = ({ items }: SignalNames): string => `OTEL_EXPORTER_OTLP_ENDPOINT sets where ${items} go.`

type Hint = readonly [when: RegExp, say: string | ((endpoint: string, signal: SignalNames) => string)]

// Words of servers differ: these are the ones of the OpenTelemetry Collector, Go, nginx, Node.js and grpc-js.

/** By what a server has answered. */
const BY_STATUS: readonly Hint[] = [
  [/^(HTTP 40[13]\b|UNAUTHENTICATED|PERMISSION_DENIED)/, otherCredentials],
  [/^HTTP 2\d\d\b.*text\/html/, (_, signal) => `No OTLP receiver answers there: ${SETS_WHERE(signal)}`],
  [
    /^HTTP 404\b/,
    (_, { items, path, variable }) =>
      `${items[0]?.toUpperCase()}${items.slice(1)} are taken at /${path}: it is appended to OTEL_EXPORTER_OTLP_ENDPOINT, ` +
      `but not to OTEL_EXPORTER_OTLP_${variable}_ENDPOINT.`,
  ],
  [
    /^UNKNOWN: Received HTTP status code 4(05|15)/,
    'A server for OTLP over HTTP answers: set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf.',
  ],
  [
    /^UNIMPLEMENTED/,
    (_, { variable }) =>
      `The server takes no ${variable.toLowerCase()} over gRPC: does it have a pipeline for ${variable.toLowerCase()}, ` +
      'and is this its gRPC port, usually 4317?',
  ],
  [/^HTTP 3\d\d\b/, (_, signal) => `The backend has moved: ${SETS_WHERE(signal)}`],
  [/^HTTP (405|415)\b/, 'Set OTEL_EXPORTER_OTLP_PROTOCOL to what the backend takes: grpc, http/protobuf or http/json.'],
  [
    /^HTTP 413\b|HTTP status code 413|larger than max|exceeds maximum size|too large/i,
    (_, { item, items }) =>
      `One ${item} alone is too large for the backend: raise its limit, or make ${items} smaller ` +
      '(OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT).',
  ],
  [/^(HTTP 429\b|RESOURCE_EXHAUSTED)/, throttled],
]

/** AWS's packages as the app has them sign what goes to AWS. */
const OF_AWS: readonly Hint[] = [
  [
    /can't be signed for AWS: Cannot find/,
    'Run npm install @aws-sdk/credential-provider-node @smithy/signature-v4, or send to a collector.',
  ],
  [
    /CredentialsProviderError|Could not load credentials/i,
    'Give the process a role or a profile of AWS: its credentials are looked for where the AWS SDK looks.',
  ],
  [
    /Trace Segment Destination/i,
    'Turn on Transaction Search: aws xray update-trace-segment-destination --destination CloudWatchLogs.',
  ],
]

/** By how it went wrong before there was an answer, or by words in one. */
const BY_WORDS: readonly Hint[] = [
  [
    /Parse Error: Expected HTTP/,
    'A gRPC server seems to answer there: set OTEL_EXPORTER_OTLP_PROTOCOL=grpc, or use the port for HTTP, usually 4318.',
  ],
  [
    /^UNAVAILABLE: Protocol error/,
    'A server for HTTP seems to answer there: set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf, or use the port for gRPC, usually 4317.',
  ],
  [/wrong version number|packet length too long/, 'The server speaks without TLS: write http:// instead of https://.'],
  [/HTTP request (was sent )?to (an )?HTTPS/i, 'The server wants TLS: write https:// instead of http://.'],
  [
    /alert (certificate required|bad certificate|unknown ca)|No required SSL certificate/i,
    'The server wants a client certificate that it trusts: set OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and OTEL_EXPORTER_OTLP_CLIENT_KEY.',
  ],
  [/\bENOENT\b|\bEACCES\b/, 'A certificate or key that is configured is not there, or must not be read.'],
  [/altnames/, 'The certificate is for another host: the endpoint has to name one that is in it.'],
  [/certificate (has expired|is not yet valid)/, 'The certificate has to be renewed, or a clock is wrong.'],
  [
    /certificate|\bTLS\b/,
    'Set OTEL_EXPORTER_OTLP_CERTIFICATE to the file of the CA that signed the certificate of the server.',
  ],
  [
    /delivery thread did not/,
    'The process has too little CPU time: give it more, or a longer time to end (shutdownTimeoutMillis).',
  ],
  [
    /\bE[MN]FILE\b/,
    'The process has no file handles left: raise its limit (ulimit -n), or find what leaves them open.',
  ],
  [/had no time to send/, 'Wait for shutdown() of tracing before process.exit().'],
  [
    /ECONNREFUSED/,
    (endpoint, signal) => `Nothing listens at ${endpoint}: is a collector running? ${SETS_WHERE(signal)}`,
  ],
  [
    /ENOTFOUND|EAI_AGAIN|Name resolution failed/,
    (_, signal) => `No host of this name was found. ${SETS_WHERE(signal)}`,
  ],
  [/EHOSTUNREACH|ENETUNREACH|no connection in/, 'No way leads there: is there a firewall, or a VPN that is off?'],
  [
    /no answer in|DEADLINE_EXCEEDED|ETIMEDOUT/,
    'The backend is slow, or hangs. OTEL_EXPORTER_OTLP_TIMEOUT sets how long to wait for it, in milliseconds.',
  ],
  [/socket hang up|ECONNRESET|Failed to connect|Connection dropped/, closedByServer],
  [/^HTTP 50[234]\b|^UNAVAILABLE/, 'The backend, or a proxy before it, is not ready.'],
]

/** One or two short sentences on what probably helps, for the person who runs the app. */
export function hintFor(reason: string, endpoint: string, signal: SignalNames = SIGNALS.traces): string {
  const [, say] = [...OF_AWS, ...BY_STATUS, ...BY_WORDS].find(([when]) => when.test(reason)) ?? [
    /./,
    'Its own log may say more.',
  ]
  return typeof say === 'string' ? say : say(endpoint, signal)
}

function throttled(_endpoint: string, { variable }: SignalNames): string {
  const less = variable === 'TRACES' ? 'sample (OTEL_TRACES_SAMPLER)' : `send fewer ${variable.toLowerCase()}`
  return `The backend is throttling: ${less}, or raise its limit.`
}

function otherCredentials(endpoint: string): string {
  return /\.(amazonaws\.com|api\.aws)\b/.test(endpoint)
    ? "The role may not send there (AWSXrayWriteOnlyPolicy allows traces), the region is another one, or this machine's clock is wrong."
    : 'The backend wants other credentials: set OTEL_EXPORTER_OTLP_HEADERS, for example to authorization=Bearer%20….'
}

/** A server that speaks TLS hangs up on a client that does not, as it does on one without a certificate. */
function closedByServer(endpoint: string): string {
  return endpoint.startsWith('https:')
    ? 'The server closed the connection: does it want a client certificate (OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE)?'
    : 'The server closed the connection. If it speaks TLS, write https:// instead of http://.'
}
