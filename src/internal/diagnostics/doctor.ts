import { addExitHook } from '../process-exit/exit-hooks.js'
import { onWarning } from './diagnostics.js'
import { readEnv } from '../runtime/env.js'
import { requireOwn } from '../runtime/own-package.js'

/** The variable by which the processes that `spanwright doctor` starts get to know where to report. */
export const DOCTOR_VARIABLE = 'SPANWRIGHT_DOCTOR'

/** Where a process has its one report. */
export const REPORT_SLOT = 'doctor.report'

/** Why tracing does not start. */
export type WhyOff = 'disabled' | 'wrong file' | 'another SDK' | 'another API'

/** What `spanwright doctor` gets to know of a start. No method throws. */
export interface DoctorsReport {
  /** Each call of startTracing; `isRunning`: its options have no effect. */
  called(options: object, isRunning: boolean): void
  /** Tracing is off, and stays off. */
  off(why: WhyOff): void
  failed(error: unknown): void
  on(parts: StartedParts): void
  use(tools: DoctorsTools): void
}

/** What has been settled, and what runs. The parts are those of startTracing. */
export interface StartedParts {
  readonly options: object
  readonly settings: object
  readonly sampler: object
  readonly processors: readonly object[]
  readonly resource: () => { getRawAttributes(): readonly (readonly [string, unknown])[] }
  readonly ledger: () => object
}

/** What the report needs of this copy of the package. */
export interface DoctorsTools {
  readonly addExitHook: typeof addExitHook
  readonly onWarning: typeof onWarning
}

/** Undefined unless `spanwright doctor` has started this process; its part of the work is a file of its own. */
export function doctorsReport(): DoctorsReport | undefined {
  if (readEnv(DOCTOR_VARIABLE) === undefined) return undefined
  const report = preloadedReport() ?? loadedReport()
  report?.use({ addExitHook, onWarning })
  return report
}

/** The doctor has loaded it before the app, unless something has cleared NODE_OPTIONS. */
function preloadedReport(): DoctorsReport | undefined {
  return (globalThis as Record<symbol, DoctorsReport | undefined>)[Symbol.for(`spanwright.${REPORT_SLOT}`)]
}

function loadedReport(): DoctorsReport | undefined {
  try {
    return (requireOwn('#doctor-report') as { doctorsReport: () => DoctorsReport }).doctorsReport()
  } catch {
    // The app was bundled without that file.
    return undefined
  }
}
