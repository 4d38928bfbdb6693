import type { Type } from 'protobufjs'
import { attributesFrom, valueFrom, type ReceivedAttributes, type ReceivedValue } from './attributes.js'
import type { AnyValueMessage, KeyValueMessage } from './message.js'
import { logsRequestType, metricsRequestType } from './schema.js'

/** Requests of logs and metrics, by the paths of HTTP and of gRPC. */
export const OTHER_SIGNALS: Readonly<Record<string, Type>> = {
  '/v1/logs': logsRequestType,
  '/opentelemetry.proto.collector.logs.v1.LogsService/Export': logsRequestType,
  '/v1/metrics': metricsRequestType,
  '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export': metricsRequestType,
}

/** A request of another signal than traces; the sink takes all of them. */
export interface OtherRequest {
  readonly protocol: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly message: object
}

export interface ReceivedLog {
  readonly body: ReceivedValue
  readonly severity: string
  readonly eventName: string
  readonly attributes: ReceivedAttributes
  /** In hex; empty where there is none. */
  readonly traceId: string
  readonly spanId: string
  readonly scope: string
  readonly resource: ReceivedAttributes
}

interface LogMessage {
  readonly body: AnyValueMessage | null
  readonly severityText: string
  readonly eventName: string
  readonly attributes: readonly KeyValueMessage[]
  readonly traceId: Uint8Array
  readonly spanId: Uint8Array
}

interface Sourced {
  readonly resource: { readonly attributes: readonly KeyValueMessage[] }
}

interface LogsMessage {
  readonly resourceLogs?: readonly (Sourced & {
    readonly scopeLogs: readonly { readonly scope: { name: string }; readonly logRecords: readonly LogMessage[] }[]
  })[]
}

const fail = (problem: string): never => {
  throw new Error(problem)
}

export function logsIn({ message }: OtherRequest): ReceivedLog[] {
  return ((message as LogsMessage).resourceLogs ?? []).flatMap(({ resource, scopeLogs }) =>
    scopeLogs.flatMap(({ scope, logRecords }) =>
      logRecords.map(({ body, severityText, eventName, attributes, traceId, spanId }) => ({
        body: valueFrom(body, fail),
        severity: severityText,
        eventName,
        attributes: attributesFrom(attributes, fail),
        traceId: Buffer.from(traceId).toString('hex'),
        spanId: Buffer.from(spanId).toString('hex'),
        scope: scope.name,
        resource: attributesFrom(resource.attributes, fail),
      })),
    ),
  )
}

/** One metric of one export. */
export interface SentMetric {
  readonly name: string
  readonly scope: string
  readonly resource: ReceivedAttributes
  readonly points: readonly {
    readonly attributes: ReceivedAttributes
    /** Of a histogram its count. */
    readonly value: number
  }[]
}

interface PointMessage {
  readonly attributes: readonly KeyValueMessage[]
  readonly asInt?: bigint
  readonly asDouble?: number
  readonly count?: bigint
}

interface DataMessage {
  readonly dataPoints: readonly PointMessage[]
}

interface MetricMessage {
  readonly name: string
  readonly gauge?: DataMessage
  readonly sum?: DataMessage
  readonly histogram?: DataMessage
  readonly exponentialHistogram?: DataMessage
}

interface MetricsMessage {
  readonly resourceMetrics?: readonly (Sourced & {
    readonly scopeMetrics: readonly { readonly scope: { name: string }; readonly metrics: readonly MetricMessage[] }[]
  })[]
}

export function metricsIn({ message }: OtherRequest): SentMetric[] {
  return ((message as MetricsMessage).resourceMetrics ?? []).flatMap(({ resource, scopeMetrics }) =>
    scopeMetrics.flatMap(({ scope, metrics }) =>
      metrics.map((metric) => ({
        name: metric.name,
        scope: scope.name,
        resource: attributesFrom(resource.attributes, fail),
        points: [metric.gauge, metric.sum, metric.histogram, metric.exponentialHistogram]
          .flatMap((data) => data?.dataPoints ?? [])
          .map(({ attributes, asInt, asDouble, count }) => ({
            attributes: attributesFrom(attributes, fail),
            value: Number(asInt ?? asDouble ?? count ?? Number.NaN),
          })),
      })),
    ),
  )
}
