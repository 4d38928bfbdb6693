import type { TracingOptions } from '../../../config/options.js'
import type { TracingLedger } from '../../../export/pipeline/ledger.js'
import { nowEpochMillis } from '../../../internal/runtime/clock.js'
import { thisProcess } from '../../../export/spool/process-identity.js'
import { messageOf } from '../../../internal/diagnostics/diagnostics.js'
import {
  type WhyOff,
  DOCTOR_VARIABLE,
  REPORT_SLOT,
  type DoctorsReport,
  type DoctorsTools,
  type StartedParts,
} from '../../../internal/diagnostics/doctor.js'
import { envMatching } from '../../../internal/runtime/env.js'
import { processWide } from '../../../internal/runtime/process-wide.js'
import { threadId } from 'node:worker_threads'
import { readInstructions } from '../instructions.js'
import type { ProcessReport, Starter, TracingState, ExporterInUse } from '../process-report.js'
import { isLauncher } from './launcher.js'
import { noteLoadedPackages } from './loaded-packages.js'
import { moduleFindings } from './modules.js'
import { inWords, formatOptions } from './format-options.js'
import { ReportFile } from './report-file.js'
import { exportersInUse, settledInWords } from './settled.js'

// The doctor's part in the app: the SDK loads this file where `spanwright doctor` has started the process.

/** The report of this process, for the SDK, and for the file that the doctor preloads. */
export interface InAppReport extends DoctorsReport {
  startedBy(starter: Starter): void
}

export function doctorsReport(): InAppReport {
  return processWide(REPORT_SLOT, () => new ReportOfThisProcess())
}

const VARIABLES = /^(OTEL_|SPANWRIGHT_)/

class ReportOfThisProcess implements InAppReport {
  readonly #loaded = noteLoadedPackages()
  readonly #startedEpochMillis = nowEpochMillis()
  readonly #main = process.argv[1]
  readonly #warnings = new Set<string>()
  readonly #unusedOptions = new Set<string>()
  readonly #file: ReportFile | undefined
  readonly #copies = new Set<unknown>()
  #starter: Starter | undefined
  #tracing: TracingState = 'not started'
  #failure: string | undefined
  readonly #processStart = thisProcess().start
  #options: Record<string, string> = {}
  #environment = environment()
  #parts: StartedParts | undefined
  #ways: readonly ExporterInUse[] = []
  #settled: Record<string, string> = {}

  constructor() {
    const instructions = readInstructions()
    this.#file = instructions && new ReportFile(instructions, () => this.#contents())
  }

  startedBy(starter: Starter): void {
    this.#starter = starter
    this.#file?.write()
  }

  /** By each copy of the package. The first exit hook runs last: the last spans are settled by then. */
  use({ addExitHook, onWarning }: DoctorsTools): void {
    if (this.#copies.has(onWarning)) return
    this.#copies.add(onWarning)
    onWarning((message) => this.#warnings.add(message))
    addExitHook({
      timeoutMillis: 0,
      prepare: () => undefined,
      needsEventLoop: false,
      pending: 0,
      flush: () => Promise.resolve(),
      flushSync: () => this.#file?.write(),
    })
  }

  called(options: object, isRunning: boolean): void {
    safely(() => {
      const words = formatOptions(options)
      if (isRunning) {
        for (const name of Object.keys(words)) this.#unusedOptions.add(name)
        return
      }
      this.#options = words
      this.#environment = environment()
    })
  }

  off(why: WhyOff): void {
    this.#tracing = why
    this.#file?.write()
  }

  failed(error: unknown): void {
    if (this.#tracing === 'on') return
    this.#tracing = 'failed'
    this.#failure = messageOf(error)
    this.#file?.write()
  }

  on(parts: StartedParts): void {
    this.#tracing = 'on'
    this.#parts = parts
    safely(() => {
      this.#ways = exportersInUse(parts)
      this.#settled = settledInWords(parts, this.#ways)
    })
    this.#file?.write()
  }

  #contents(): ProcessReport {
    const parts = this.#parts
    const given = (parts?.options as TracingOptions | undefined)?.instrumentations ?? []
    return {
      pid: process.pid,
      processStart: this.#processStart,
      thread: threadId,
      node: process.version,
      startedEpochMillis: this.#startedEpochMillis,
      main: this.#main,
      isLauncher: isLauncher(this.#main),
      // Without the preload, NODE_OPTIONS was exchanged for something else: the app starts tracing by its own means.
      starter: this.#starter ?? 'code',
      tracing: this.#tracing,
      failure: this.#failure,
      options: this.#options,
      unusedOptions: [...this.#unusedOptions],
      // The sampler may have been exchanged since.
      settled: { ...this.#settled, ...(parts && { sampler: inWords(parts.sampler) }) },
      environment: this.#environment,
      lateVariables: this.#lateVariables(),
      ways: this.#ways,
      ledger: parts?.ledger() as TracingLedger | undefined,
      modules: moduleFindings(
        this.#loaded,
        this.#main,
        given.filter((one) => one !== 'auto'),
      ),
      warnings: [...this.#warnings],
    }
  }

  #lateVariables(): string[] {
    const now = environment()
    return Object.keys(now).filter((name) => now[name] !== this.#environment[name])
  }
}

function environment(): Record<string, string> {
  const { [DOCTOR_VARIABLE]: _own, ...others } = envMatching(VARIABLES)
  return others
}

/** Parts of the app's own may throw when they are read, which must not keep the app from starting. */
function safely(look: () => void): void {
  try {
    look()
  } catch {
    // What could not be read is not in the report.
  }
}
