import { TraceFlags, type SpanContext } from '@opentelemetry/api'
import { readEnv } from '../internal/runtime/env.js'
import { processWide } from '../internal/runtime/process-wide.js'
import { checkOneOf, checkString } from '../internal/checks/validate.js'

/**
 * Whose names and id forms the trace fields of a log line have: what the backend joins logs and traces on.
 *
 * - `otel` (default): `trace_id`, `span_id`, `trace_flags`, in lower-case hex.
 *   https://opentelemetry.io/docs/specs/otel/compatibility/logging_trace_context/
 * - `datadog`: `dd.trace_id` (the lower 64 bits) and `dd.span_id`, in decimal: the form that every agent and the default
 *   remappers join on. 128-bit hex is taken by newer ones only.
 *   https://docs.datadoghq.com/tracing/other_telemetry/connect_logs_and_traces/opentelemetry/ and
 *   https://docs.datadoghq.com/logs/log_configuration/processors/trace_remapper/
 * - `gcp`: `logging.googleapis.com/trace` (`projects/<project>/traces/<trace id>`), `…/spanId`, `…/trace_sampled`.
 *   https://cloud.google.com/trace/docs/trace-log-integration and
 *   https://cloud.google.com/logging/docs/structured-logging#structured_logging_special_fields
 * - `aws`: `xray_trace_id` in X-Ray's form `1-<8 hex>-<24 hex>`, which its console looks for, `span_id`, `trace_flags`.
 *   https://docs.aws.amazon.com/xray/latest/devguide/xray-services-elb.html (the form),
 *   https://docs.aws.amazon.com/powertools/typescript/latest/features/logger/ (the name)
 * - `ecs`: `trace.id`, `span.id`, and `transaction.id` where the span is the first of its trace in this process.
 *   https://www.elastic.co/docs/reference/ecs/ecs-tracing and
 *   https://github.com/elastic/apm/blob/main/specs/agents/log-correlation.md
 */
export type LogFormat = 'otel' | 'datadog' | 'gcp' | 'aws' | 'ecs'

/** The names of the fields; undefined: the format has no such field. */
export interface LogFieldNames {
  /** The trace's id. */
  readonly traceId?: string
  /** The span's id. */
  readonly spanId?: string
  /** Whether the trace is sampled. */
  readonly traceFlags?: string
}

/** Names, and how the ids look. */
interface LogFormatForm {
  readonly names: LogFieldNames
  readonly traceId: (traceId: string, gcpProject: string | undefined) => string
  readonly spanId: (spanId: string) => string
  readonly traceFlags: (traceFlags: number) => string | boolean
  /** Repeats the span's id under this name for the first span of a trace in this process. */
  readonly localRootId?: string
}

const asIs = (id: string): string => id
const inHex = (traceFlags: number): string => traceFlags.toString(16).padStart(2, '0')
/** The lower 64 bits, unsigned. */
const inDecimal = (id: string): string => BigInt(`0x${id.slice(-16)}`).toString()
const OTEL = { traceId: 'trace_id', spanId: 'span_id', traceFlags: 'trace_flags' } as const
const HEX = { traceId: asIs, spanId: asIs, traceFlags: inHex } as const

export const LOG_FORMATS: Readonly<Record<LogFormat, LogFormatForm>> = {
  otel: { ...HEX, names: OTEL },
  datadog: {
    ...HEX,
    names: { traceId: 'dd.trace_id', spanId: 'dd.span_id' },
    traceId: inDecimal,
    spanId: inDecimal,
  },
  gcp: {
    names: {
      traceId: 'logging.googleapis.com/trace',
      spanId: 'logging.googleapis.com/spanId',
      traceFlags: 'logging.googleapis.com/trace_sampled',
    },
    // Without a project the agents that know theirs complete the bare id (`autoformat_stackdriver_trace`).
    traceId: (id, project) => (project === undefined ? id : `projects/${project}/traces/${id}`),
    spanId: asIs,
    traceFlags: (flags) => (flags & TraceFlags.SAMPLED) !== 0,
  },
  aws: {
    ...HEX,
    names: { ...OTEL, traceId: 'xray_trace_id' },
    traceId: (id) => `1-${id.slice(0, 8)}-${id.slice(8)}`,
  },
  ecs: { ...HEX, names: { traceId: 'trace.id', spanId: 'span.id' }, localRootId: 'transaction.id' },
}

/** Where Google's own runtimes and libraries look for it. */
export const gcpProjectOfEnvironment = (): string | undefined => readEnv('GOOGLE_CLOUD_PROJECT')

/** The ids of a span as they stand in a log line. */
export type LogFields = Readonly<Record<string, string | boolean>>

/** The fields of one span. */
export function fieldsInFormat(
  { traceId, spanId, traceFlags }: SpanContext,
  form: LogFormatForm,
  { names, gcpProject, isLocalRoot }: { names: LogFieldNames; gcpProject: string | undefined; isLocalRoot: boolean },
): LogFields {
  const fields: Record<string, string | boolean> = {}
  if (names.traceId !== undefined) fields[names.traceId] = form.traceId(traceId, gcpProject)
  if (names.spanId !== undefined) fields[names.spanId] = form.spanId(spanId)
  if (names.traceFlags !== undefined) fields[names.traceFlags] = form.traceFlags(traceFlags)
  if (form.localRootId !== undefined && isLocalRoot) fields[form.localRootId] = form.spanId(spanId)
  return fields
}

/** Looked up at each line, since a logger is often made before tracing starts. */
const state = processWide('log-format', (): { format: LogFormat } => ({ format: 'otel' }))

/** What {@link setDefaultLogFormat} has set last. */
export const defaultLogFormat = (): LogFormat => state.format

/**
 * The format of all adapters that were not given one, from the next log line on; undefined: `otel`.
 *
 * @throws TracingConfigError when there is no such format
 */
export function setDefaultLogFormat(format: LogFormat | undefined): void {
  checkLogFormat(format)
  state.format = format ?? 'otel'
}

/** Throws a TracingConfigError for anything but the name of a format, or undefined. */
export function checkLogFormat(format: unknown): void {
  if (typeof format === 'string') checkOneOf('logFormat', format, Object.keys(LOG_FORMATS))
  else checkString('logFormat', format)
}
