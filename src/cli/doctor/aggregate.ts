import type { TracingLedger } from '../../export/pipeline/ledger.js'
import { noDeliveryCounts } from '../../export/pipeline/ledger.js'
import type { ModuleFindings, ProcessReport, ExporterInUse } from './process-report.js'

// The processes of an app, taken together.

export const isOfTheApp = ({ isLauncher }: ProcessReport): boolean => !isLauncher

/** Those that trace, and are the app. */
export const tracingOnes = (reports: readonly ProcessReport[]): readonly ProcessReport[] =>
  reports.filter((report) => isOfTheApp(report) && report.tracing === 'on')

/** Spans of the app that a backend has taken. The console, and processors of others, are no backends. */
export function deliveredSpans(reports: readonly ProcessReport[]): number {
  return tracingOnes(reports)
    .filter(({ ways }) => ways.some(isSeenToArrive))
    .reduce((sum, { ledger }) => sum + (ledger?.exported ?? 0), 0)
}

export const isSeenToArrive = ({ kind }: ExporterInUse): boolean =>
  kind === 'otlp' || kind === 'zipkin' || kind === 'exporter'

export function sumOfLedgers(reports: readonly ProcessReport[]): TracingLedger {
  const sum: TracingLedger = { started: 0, open: 0, notRecorded: 0, undecided: 0, sampledOut: 0, ...noDeliveryCounts() }
  for (const { ledger } of reports) {
    for (const name of Object.keys(sum) as (keyof TracingLedger)[]) sum[name] += ledger?.[name] ?? 0
  }
  return sum
}

/** What one process has patched is not missed where another one, which does not use it, has not. */
export function modulesOfAll(reports: readonly ProcessReport[]): ModuleFindings {
  const patched = unique(reports.flatMap(({ modules }) => modules.patched))
  const names = new Set(patched.map(({ name }) => name))
  const missed = unique(reports.flatMap(({ modules }) => modules.missed))
  return { patched, missed: missed.filter(({ name, why }) => why === 'too late' || !names.has(name)) }
}

function unique<T>(list: readonly T[]): readonly T[] {
  return [...new Map(list.map((one) => [JSON.stringify(one), one])).values()]
}
