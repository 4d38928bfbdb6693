import { DOCTOR_VARIABLE } from '../../internal/diagnostics/doctor.js'
import { readEnv } from '../../internal/runtime/env.js'

/** From the doctor to the processes that it starts, in a variable that they inherit. */
export interface Instructions {
  /** Where each process writes its report. */
  readonly folder: string
  /** Encrypts the reports. */
  readonly key: string
  /** Whether tracing is started in an app that does not start it itself. */
  readonly starts: boolean
}

export const instructionsAsVariables = (instructions: Instructions): Record<string, string> => ({
  [DOCTOR_VARIABLE]: JSON.stringify(instructions),
})

/** Undefined where the variable has any other value. */
export function readInstructions(): Instructions | undefined {
  try {
    const read = JSON.parse(readEnv(DOCTOR_VARIABLE) ?? '') as Partial<Instructions> | null
    const { folder, key, starts } = read ?? {}
    return typeof folder === 'string' && typeof key === 'string' ? { folder, key, starts: starts === true } : undefined
  } catch {
    return undefined
  }
}
