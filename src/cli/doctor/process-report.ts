import type { WhyOff } from '../../internal/diagnostics/doctor.js'
import type { OtlpSettings } from '../../export/pipeline/otlp-settings.js'
import type { TracingLedger } from '../../export/pipeline/ledger.js'

/** The report of one process, or one worker thread, of the app. Plain data, written to a file. */
export interface ProcessReport {
  readonly pid: number
  /** When the process began, in clock ticks since the boot of the machine; undefined except on Linux. */
  readonly processStart: string | undefined
  readonly thread: number
  /** The version of Node.js. */
  readonly node: string
  readonly startedEpochMillis: number
  /** The file that it runs. */
  readonly main: string | undefined
  /** npm, npx, tsx and their like: they start the app, and are no part of it. */
  readonly isLauncher: boolean
  readonly starter: Starter
  readonly tracing: TracingState
  readonly failure: string | undefined
  /** Options of the call that started tracing, in words without secrets. */
  readonly options: Readonly<Record<string, string>>
  /** Options of a later call, without effect. */
  readonly unusedOptions: readonly string[]
  /** Values that hold, by the names of the settings. */
  readonly settled: Readonly<Record<string, string>>
  /** OTEL_* and SPANWRIGHT_* as they were when tracing started. */
  readonly environment: Readonly<Record<string, string>>
  /** Variables that the app has set or changed since. */
  readonly lateVariables: readonly string[]
  readonly ways: readonly ExporterInUse[]
  readonly ledger: TracingLedger | undefined
  readonly modules: ModuleFindings
  /** The warnings that spanwright has logged. */
  readonly warnings: readonly string[]
}

/**
 * Who starts tracing: the flag that the app had already, the app's own code, this command, or nobody (`--no-start`).
 */
export type Starter = 'flag' | 'code' | 'doctor' | 'nobody'

export type TracingState = 'not started' | 'on' | 'failed' | WhyOff

/** How spans leave the process. `unknown`: a processor of the app's own, of which nothing more can be seen. */
export type ExporterInUse =
  | { readonly kind: 'otlp'; readonly otlp: OtlpSettings }
  | { readonly kind: 'zipkin' | 'console' }
  | { readonly kind: 'exporter' | 'unknown'; readonly name: string }

export interface ModuleFindings {
  readonly patched: readonly PatchedModule[]
  readonly missed: readonly MissedModule[]
}

export interface PatchedModule {
  readonly name: string
  readonly version?: string
}

export interface MissedModule extends PatchedModule {
  readonly why: 'too late' | 'switched off' | 'version' | 'bundled' | 'no instrumentation'
}
