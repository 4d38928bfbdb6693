import type { IgnoredVariable, Setting } from '../../config/provenance.js'
import type { TracingLedger } from '../../export/pipeline/ledger.js'
import type { ModuleFindings, Starter, TracingState } from './process-report.js'
import type { EndpointFindings } from './checks/test-export.js'
import type { AppRun } from './watch.js'

/**
 * What the doctor has found; the shape of `--json`. Within a major version fields are added, none is renamed or removed.
 */
export interface Diagnosis {
  readonly version: 1
  /** Whether a span has arrived: one of the app, or, without an app, the test span. */
  readonly ok: boolean
  /** That a span has arrived, or why none has, in a sentence. */
  readonly summary: string
  /** The most important one first; where `ok`, what is worth mending all the same. */
  readonly problems: readonly Problem[]
  /** `not reported`: no Node.js process of the app was seen. */
  readonly tracing: TracingState | 'not reported'
  readonly startedBy: Starter | undefined
  readonly settings: readonly Setting[]
  readonly ignored: readonly IgnoredVariable[]
  readonly sampler: string | undefined
  /** A test span to each OTLP endpoint. */
  readonly endpoints: readonly EndpointFindings[]
  /** Of all processes of the app that trace; undefined where there is none, and without an app. */
  readonly ledger: TracingLedger | undefined
  readonly modules: ModuleFindings
  /** Warnings that spanwright has logged. */
  readonly warnings: readonly string[]
  readonly app: AppFindings | undefined
  readonly processes: readonly ProcessFindings[]
}

export interface AppFindings extends AppRun {
  readonly command: readonly string[]
}

export interface ProcessFindings {
  readonly pid: number
  /** 0 for the main thread. */
  readonly thread: number
  readonly main: string | undefined
  readonly tracing: TracingState
  readonly startedBy: Starter
  readonly ledger: TracingLedger | undefined
}

/** What is wrong, in a sentence, and what to do about it, which may be empty. */
export interface Problem {
  readonly problem: string
  readonly cure: string
}
