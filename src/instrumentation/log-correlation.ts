import type { Instrumentation } from '@opentelemetry/instrumentation'
import { noteBeforeCorrelation, notePinoLine } from '../internal/diagnostics/log-correlation.js'

type Mixin = (mergeObject: unknown, level: number, ...rest: unknown[]) => Record<string, unknown>
type Emit = (this: unknown, record: object, ...rest: unknown[]) => unknown

/** What there is inside of upstream's instrumentations of loggers. Where an upgrade takes it away, a test fails. */
interface Inside {
  _getMixinFunction?: () => Mixin
  _handleLogCorrelation?: (record: object) => unknown
  _getPatchedEmit?: () => (original: Emit) => Emit
}

/**
 * Has an instrumentation of a logger leave the trace fields to our adapter, in the loggers that have one: it can't know those, so
 * it notes what it writes, and the adapter takes that out. Both at once would write the span under two names where a
 * `logFormat` is set. For any other instrumentation this does nothing.
 */
export function leaveTraceFieldsToAdapters(instrumentation: Instrumentation): void {
  const inside = instrumentation as Inside
  const { instrumentationName } = instrumentation
  if (instrumentationName === '@opentelemetry/instrumentation-pino') notePino(inside)
  else if (instrumentationName === '@opentelemetry/instrumentation-winston') noteWinston(inside)
  else if (instrumentationName === '@opentelemetry/instrumentation-bunyan') noteBunyan(inside)
}

/** Asked for a mixin for each logger that is made. */
function notePino(inside: Inside): void {
  const getMixin = inside._getMixinFunction?.bind(inside)
  if (!getMixin) return
  inside._getMixinFunction = () => {
    const mixin = getMixin()
    let isLeft = false
    const leaveLogger = (): void => {
      isLeft = true
    }
    return (mergeObject, level, ...rest) => {
      if (isLeft) return {}
      const fields = mixin(mergeObject, level, ...rest)
      notePinoLine({ mergeObject, fields, leaveLogger })
      return fields
    }
  }
}

function noteWinston(inside: Inside): void {
  const handle = inside._handleLogCorrelation?.bind(inside)
  if (!handle) return
  inside._handleLogCorrelation = (record) => {
    noteBeforeCorrelation(record)
    return handle(record)
  }
}

/** Asked once, for the patch of all loggers. */
function noteBunyan(inside: Inside): void {
  const getPatch = inside._getPatchedEmit?.bind(inside)
  if (!getPatch) return
  inside._getPatchedEmit = () => (original) => {
    const patched = getPatch()(original)
    return function (record, ...rest) {
      noteBeforeCorrelation(record)
      return patched.call(this, record, ...rest)
    }
  }
}
