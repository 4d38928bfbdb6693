import type { SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace'
import { checkKeys, checkNumber, checkPart, checkBoolean } from '../internal/checks/validate.js'
import { ConsoleExporter, ConsoleSpanProcessor, type ConsoleParts } from './console-processors.js'

export interface ConsoleExporterOptions {
  /** Where traces are printed. Default: `process.stdout`. */
  stream?: NodeJS.WritableStream & { isTTY?: boolean; columns?: number }
  /** Width in terminal cells, drawn within 40 to 200. Default: the terminal's own; 100 where there is none. */
  columns?: number
  /** Default: only on a terminal. `FORCE_COLOR`, `NO_COLOR` and `TERM=dumb` are honoured, in this order. */
  colours?: boolean
  /** Spans held back at most, open ones included; beyond that the oldest trace is printed early. Default: 10,000. */
  maxBufferedSpans?: number
}

const DEFAULTS = { columns: 100, maxBufferedSpans: 10_000 } as const

/**
 * Prints one waterfall for each trace, as soon as the trace's part in this process is over: its local root (a span
 * without a parent, or with a remote one) has ended and nothing else of it is open. What ends later is printed as a
 * continuation. Only sampled spans are printed. For development and for a look on the spot, not for a busy service:
 * drawing is synchronous.
 *
 * @throws TracingConfigError when an option is wrong
 */
export function consoleSpanProcessor(options: ConsoleExporterOptions = {}): SpanProcessor {
  return new ConsoleSpanProcessor(partsOf(options))
}

/**
 * The same for where only an exporter fits, such as `new NodeSDK({ traceExporter: consoleExporter() })`. It sees a span
 * only once it has ended, so a trace is printed 100 ms after its local root has arrived. Prefer
 * {@link consoleSpanProcessor}, which knows what is still open.
 *
 * @throws TracingConfigError when an option is wrong
 */
export function consoleExporter(options: ConsoleExporterOptions = {}): SpanExporter {
  return new ConsoleExporter(partsOf(options))
}

function partsOf(options: ConsoleExporterOptions): ConsoleParts {
  const { stream, columns, colours, maxBufferedSpans = DEFAULTS.maxBufferedSpans } = options
  checkKeys('', options, ['stream', 'columns', 'colours', 'maxBufferedSpans'])
  if (stream !== undefined) checkPart('stream', stream, 'a writable stream', ['write', 'on', 'removeListener'])
  checkNumber('columns', columns, { min: 1, integer: true })
  checkNumber('maxBufferedSpans', maxBufferedSpans, { min: 1, integer: true })
  checkBoolean('colours', colours)
  return { stream, columns, colours, defaultColumns: DEFAULTS.columns, maxBufferedSpans }
}
