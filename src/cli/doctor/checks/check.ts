import type { Diagnosis, Problem } from '../findings.js'
import type { ProcessReport } from '../process-report.js'

/** All findings but what is concluded from them. */
export type Found = Omit<Diagnosis, 'ok' | 'summary' | 'problems'>
/** Looks for one thing that can be wrong. `main`: the process whose settings are shown. */
export type Check = (found: Found, main: ProcessReport | undefined) => Problem | undefined
