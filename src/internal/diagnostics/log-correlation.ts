import { processWide } from '../runtime/process-wide.js'

/** The libraries that OpenTelemetry's instrumentations, too, give trace fields. */
export type CorrelatedLibrary = 'bunyan' | 'pino' | 'winston'

interface Correlation {
  /** Libraries that an adapter of ours is used with. */
  readonly adapted: Set<string>
  /** The line of pino's that the instrumentation has given its fields last. */
  lastPinoLine?: PinoLine | undefined
}

/** A line on its way through pino's mixins. */
export interface PinoLine {
  /** What was logged: the same object for each mixin of a line. */
  readonly mergeObject: unknown
  /** The fields of the instrumentation, not yet in the line. */
  readonly fields: Record<string, unknown>
  /** Has the instrumentation give this logger no fields any more. */
  readonly leaveLogger: () => void
}

const correlation = processWide('log-correlation', (): Correlation => ({ adapted: new Set() }))

/** Says that an adapter of ours is used with this library. */
export function adapterIsUsed(library: CorrelatedLibrary): void {
  correlation.adapted.add(library)
}

/** Whether an adapter of ours is used with this package. */
export function hasAdapter(packageName: string): boolean {
  return correlation.adapted.has(packageName)
}

/** Names that the instrumentations of winston and bunyan write, in the record that is on its way. */
const NAMES = ['trace_id', 'span_id', 'trace_flags'] as const

const BEFORE = Symbol.for('spanwright.recordBeforeCorrelation')

interface WithBefore extends Record<string | symbol, unknown> {
  [BEFORE]?: readonly unknown[] | undefined
}

/** Notes what is under the names of the trace fields, before an instrumentation writes there. */
export function noteBeforeCorrelation(record: object): void {
  ;(record as WithBefore)[BEFORE] = NAMES.map((name) => (record as WithBefore)[name])
}

/** Takes the trace fields of an instrumentation out of a record, since the adapter writes its own. */
export function undoCorrelation(record: object): void {
  const before = (record as WithBefore)[BEFORE]
  if (!before) return
  ;(record as WithBefore)[BEFORE] = undefined
  for (const [index, name] of NAMES.entries()) {
    if (before[index] === undefined) Reflect.deleteProperty(record, name)
    else (record as WithBefore)[name] = before[index]
  }
}

export function notePinoLine(line: PinoLine): void {
  correlation.lastPinoLine = line
}

/** As {@link undoCorrelation}, for a line that our mixin gives its fields; the instrumentation leaves its logger to it. */
export function undoPinoCorrelation(mergeObject: unknown): void {
  const line = correlation.lastPinoLine
  if (!line) return
  correlation.lastPinoLine = undefined
  if (line.mergeObject !== mergeObject) return
  line.leaveLogger()
  for (const name of Object.keys(line.fields)) Reflect.deleteProperty(line.fields, name)
}
