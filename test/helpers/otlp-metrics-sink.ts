import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import protobuf, { type Message } from 'protobufjs'
import { attributesFrom, type ReceivedAttributes } from './otlp-sink/attributes.js'
import { Listener } from './otlp-sink/listener.js'
import type { KeyValueMessage } from './otlp-sink/message.js'

const PROTO_FOLDER = join(import.meta.dirname, 'otlp-proto')
const PATH = '/v1/metrics'

const root = new protobuf.Root()
root.resolvePath = (_origin, target) => join(PROTO_FOLDER, target)
root.loadSync('opentelemetry/proto/collector/metrics/v1/metrics_service.proto')
const requestType = root.lookupType('opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest')

/** A point as it arrived; 64-bit integers as bigint. */
export interface ReceivedPoint {
  readonly attributes: ReceivedAttributes
  readonly startTimeUnixNano: bigint
  readonly timeUnixNano: bigint
  readonly asInt?: bigint
  readonly asDouble?: number
  readonly count?: bigint
  readonly sum?: number
  readonly bucketCounts?: readonly bigint[]
  readonly explicitBounds?: readonly number[]
  readonly scale?: number
  readonly zeroCount?: bigint
  readonly positive?: { readonly offset: number; readonly bucketCounts: readonly bigint[] }
}

export interface ReceivedMetric {
  readonly name: string
  readonly unit: string
  readonly kind: string
  readonly scope: string
  readonly resource: ReceivedAttributes
  readonly isMonotonic: boolean | undefined
  readonly temporality: 'DELTA' | 'CUMULATIVE'
  readonly points: readonly ReceivedPoint[]
}

/** Receives metrics over OTLP/HTTP with protobuf, as a backend would; refuses anything else. */
export interface OtlpMetricsSink extends AsyncDisposable {
  /** The base URL, for OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string
  /** Each export in its order. */
  readonly exports: readonly (readonly ReceivedMetric[])[]
  /** What was refused, and fields that the schema does not know. */
  readonly problems: readonly string[]
  /** The last export's metric of this name. */
  last(name: string): ReceivedMetric | undefined
}

export async function otlpMetricsSink(): Promise<OtlpMetricsSink> {
  const received: ReceivedMetric[][] = []
  const problems: string[] = []
  const server = createServer((request, response) => {
    void take(request).then(
      ({ metrics, unknown }) => {
        received.push(metrics)
        problems.push(...unknown)
        answer(response, 200)
      },
      (error: unknown) => {
        problems.push(`${request.url}: ${String(error)}`)
        answer(response, 400)
      },
    )
  })
  const listener = await Listener.start(server)
  return {
    url: `http://127.0.0.1:${listener.port}`,
    exports: received,
    problems,
    last: (name) => received.at(-1)?.find((metric) => metric.name === name),
    [Symbol.asyncDispose]: () => listener.down(),
  }
}

function answer(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'application/x-protobuf' })
  // An ExportMetricsServiceResponse without a word is empty.
  response.end()
}

async function take(request: IncomingMessage): Promise<{ metrics: ReceivedMetric[]; unknown: string[] }> {
  const sent = await buffer(request)
  if (request.url !== PATH || request.method !== 'POST') throw new Error('not POST /v1/metrics')
  const { 'content-type': type, 'content-encoding': encoding } = request.headers
  if (type !== 'application/x-protobuf') throw new Error(`content-type ${type}`)
  const reader = protobuf.Reader.create(encoding === 'gzip' ? gunzipSync(sent) : sent)
  reader.discardUnknown = false
  const message = requestType.decode(reader)
  const plain = requestType.toObject(message, { longs: BigInt, enums: String, defaults: true, oneofs: true })
  const unknown = unknownFields(message, 'request')
  const metrics = metricsIn(plain as RequestMessage, (problem) => unknown.push(problem))
  return { metrics, unknown }
}

interface PointMessage extends Omit<ReceivedPoint, 'attributes'> {
  readonly attributes: readonly KeyValueMessage[]
}

interface DataMessage {
  readonly dataPoints: readonly PointMessage[]
  readonly aggregationTemporality: string
  readonly isMonotonic?: boolean
}

interface MetricMessage {
  readonly name: string
  readonly unit: string
  readonly data: 'sum' | 'histogram' | 'exponentialHistogram'
  readonly sum?: DataMessage
  readonly histogram?: DataMessage
  readonly exponentialHistogram?: DataMessage
}

interface RequestMessage {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes: readonly KeyValueMessage[] }
    readonly scopeMetrics: readonly { readonly scope: { name: string }; readonly metrics: readonly MetricMessage[] }[]
  }[]
}

function metricsIn({ resourceMetrics }: RequestMessage, report: (problem: string) => void): ReceivedMetric[] {
  return resourceMetrics.flatMap(({ resource, scopeMetrics }) =>
    scopeMetrics.flatMap(({ scope, metrics }) =>
      metrics.map(({ name, unit, data: kind, ...metric }): ReceivedMetric => {
        const data = metric[kind]
        return {
          name,
          unit,
          kind,
          scope: scope.name,
          resource: attributesFrom(resource.attributes, report),
          isMonotonic: data?.isMonotonic,
          temporality: data?.aggregationTemporality.endsWith('DELTA') ? 'DELTA' : 'CUMULATIVE',
          points: (data?.dataPoints ?? []).map((point) => ({
            ...point,
            attributes: attributesFrom(point.attributes, report),
          })),
        }
      }),
    ),
  )
}

/** How a wrong field number shows itself. */
function unknownFields(value: unknown, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => unknownFields(item, path))
  if (!(value instanceof protobuf.Message)) return []
  const here = ((value as Message).$unknowns ?? []).map(() => `unknown field in ${path}`)
  return [...here, ...Object.entries(value).flatMap(([key, field]) => unknownFields(field, `${path}.${key}`))]
}
