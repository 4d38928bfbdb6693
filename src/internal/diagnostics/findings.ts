import { processWide } from '../runtime/process-wide.js'

/** What is wrong with how tracing was started, as far as it has been noticed; for reports on this process. */
export interface Findings {
  /** SDKs beside ours: the one that was there before, or files that have started one after. */
  readonly otherSdks: string[]
  /** Copies of the OpenTelemetry API that don't see our tracing. */
  readonly strandedApis: { readonly folder: string; readonly version: string }[]
  /** Packages that were loaded before tracing started. */
  readonly latePackages: string[]
  /** Packages that are part of the main script; undefined until it has been looked at. */
  bundledPackages: readonly string[] | undefined
}

/** Under `Symbol.for('spanwright.findings')`. */
export const findings: Findings = processWide('findings', () => ({
  otherSdks: [],
  strandedApis: [],
  latePackages: [],
  bundledPackages: undefined,
}))
