import type { RequestOptions } from 'node:http'
import { warnOnce } from '../internal/diagnostics/diagnostics.js'
import { safeGet } from '../internal/checks/safe-get.js'

/** A tracer that is no OpenTelemetry SDK, or has left OpenTelemetry's API alone: nothing refuses one of the two. */
interface OtherTracer {
  readonly name: string
  /** Whether the request is one to its own backend, by a header of it: name, in lower case, and value. */
  owns(name: string, value: unknown): boolean
  /** Whether this request shows that it traces, too, rather than only reporting errors. */
  traces(headers: object): boolean
  readonly hint: string
}

const isText = (value: unknown, start: string): boolean => typeof value === 'string' && value.startsWith(start)

const OTHER_TRACERS: readonly OtherTracer[] = [
  {
    name: 'Sentry',
    owns: (name, value) => name === 'user-agent' && isText(value, 'sentry.javascript.'),
    traces: sentryTraces,
    hint: 'Leave tracesSampleRate and tracesSampler out of Sentry.init(): errors are reported all the same',
  },
  {
    name: 'dd-trace',
    owns: (name) => name.startsWith('datadog-') || name.startsWith('dd-client-library-'),
    traces: (headers) => Object.keys(headers).some((name) => name.toLowerCase() === 'x-datadog-trace-count'),
    hint: 'Set DD_APM_TRACING_ENABLED=false, or leave out the start of one of the two',
  },
]

/** Without headers of its own, among dd-trace's requests to its agent. */
const DATADOG_CONFIGURATION = '/v0.7/config'

/**
 * Whether a tracer beside us sends this request to its own backend. It would be a trace of its own each time; the tracers
 * suppress it for themselves alone. Where it traces, too, that is logged once.
 */
export function isOfOtherTracer({ headers, path }: RequestOptions): boolean {
  if (path === DATADOG_CONFIGURATION && Symbol.for('dd-trace') in globalThis) return true
  // Node.js takes null for none.
  if (typeof headers !== 'object' || (headers as object | null) === null || Array.isArray(headers)) return false
  const values = headers as Readonly<Record<string, unknown>>
  for (const name of Object.keys(values)) {
    if (!MAY_SHOW_OWNER.test(name)) continue
    const lowerCase = name.toLowerCase()
    const owner = OTHER_TRACERS.find((tracer) => tracer.owns(lowerCase, values[name]))
    if (!owner) continue
    if (owner.traces(values)) logOtherTracer(owner)
    return true
  }
  return false
}

/** Few requests have one of these: all others cost no more than this. */
const MAY_SHOW_OWNER = /^(user-agent|datadog-|dd-client-)/i

function logOtherTracer({ name, hint }: OtherTracer): void {
  warnOnce(
    `other tracer ${name}`,
    `${name} traces this app, too: each request costs two spans, and carries the trace headers of both. Its requests to its ` +
      `own backend are not traced. ${hint}`,
  )
}

/** As `Sentry.getClient().getOptions()` has it, found without loading the package. */
function sentryTraces(): boolean {
  const carrier = safeGet(globalThis, '__SENTRY__')
  const scope = safeGet(safeGet(carrier, String(safeGet(carrier, 'version'))), 'defaultCurrentScope')
  const options = safeGet(safeGet(scope, '_client'), '_options')
  return [safeGet(options, 'tracesSampleRate'), safeGet(options, 'tracesSampler')].some((value) => value != null)
}
