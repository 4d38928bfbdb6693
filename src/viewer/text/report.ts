import type { CallKind } from '../analysis/calls/call.js'
import type { CodeLocation, Confidence, FindingLevel } from '../model/finding.js'

/*
 * The document that `--json` prints; `view-schema.json` says the same as a JSON schema. Only additions are allowed:
 * programs in other people's CI read it. Durations are milliseconds.
 */

export const REPORT_SCHEMA = 'spanwright.view/1'

export interface ViewReport {
  readonly schema: typeof REPORT_SCHEMA
  readonly run: RunReport
  /** Findings of one fingerprint are one: the most serious first. */
  readonly findings: readonly FindingReport[]
  readonly operations: readonly OperationReport[]
  /** Only with `--traces`; the oldest first. */
  readonly traces?: readonly TraceReport[]
}

export interface RunReport {
  /** ISO 8601. For files, when the first span of them started. */
  readonly started: string
  readonly command?: string
  /** What the numbers below are limited to. */
  readonly query?: string
  readonly spans: number
  readonly traces: number
  readonly services: readonly string[]
  /** From the first start to the last end. */
  readonly durationMillis: number
  /** Spans that were removed to stay within the memory limit. */
  readonly dropped: number
  /** What could not be read of files. */
  readonly problems?: readonly string[]
}

export interface FindingReport {
  readonly id: string
  readonly level: FindingLevel
  readonly confidence: Confidence
  readonly sentence: string
  readonly advice?: string
  readonly service: string
  readonly fingerprint: string
  /** Of the example that shows it most. */
  readonly count: number
  readonly durationMillis: number
  readonly pathShare: number
  /** How much less time the request would take, at most. */
  readonly savedMillis?: number
  /** In how many traces, of how many of this kind. */
  readonly traces: number
  readonly ofTraces: number
  readonly examples: readonly { readonly traceId: string; readonly spanIds: readonly string[] }[]
  readonly code?: CodeLocation
  /** Only with `--baseline`: whether its fingerprint is in that file. */
  readonly isKnown?: boolean
  /** Only with `--fail-on`: whether it makes the command end with status 1. */
  readonly fails?: boolean
}

export interface OperationReport {
  readonly service: string
  readonly name: string
  readonly count: number
  /** How many requests these stand for, where they were sampled. */
  readonly weighted: number
  readonly failed: number
  /** Only of enough requests: p50 from 5, p95 from 20, p99 from 100. */
  readonly p50Millis?: number
  readonly p95Millis?: number
  readonly p99Millis?: number
  readonly minMillis: number
  readonly maxMillis: number
}

export interface TraceReport {
  readonly traceId: string
  readonly started: string
  /** How long the main root took; absent where it has not ended or did not arrive. */
  readonly answeredMillis?: number
  /** How long other spans went on after the main root had ended. */
  readonly goesOnMillis: number
  readonly spans: number
  readonly services: readonly string[]
  /** Spans without a parent as `service:name`, by their start. */
  readonly roots: readonly string[]
  /** Spans whose parents did not arrive. */
  readonly orphans: number
  /** Ids of those parents. */
  readonly missingParents: readonly string[]
  readonly unended: number
  /** Spans that failed. */
  readonly errors: number
  /** Where failures began: those that explain the most first. */
  readonly errorOrigins: readonly ErrorOriginReport[]
  readonly clockSkews: readonly ClockSkewReport[]
  /** Of the main root. */
  readonly criticalPath?: CriticalPathReport
  /** Calls that one request makes three times and more, alike but for their values. Not all of them are findings. */
  readonly repeatedCalls: readonly RepeatedCallsReport[]
  readonly findings: readonly TraceFindingReport[]
}

export interface RepeatedCallsReport {
  /** `service:name` of the span above the first of them. */
  readonly parent?: string
  readonly kind: CallKind
  readonly call: string
  readonly count: number
  /** Half of them ran beside another, at least. */
  readonly atOnce: boolean
  readonly busyMillis: number
}

export interface ErrorOriginReport {
  /** `service:name` */
  readonly span: string
  readonly spanId: string
  readonly message: string
  /** The highest span that failed with it, as `service:name`; absent where no span above it failed. */
  readonly reaches?: string
  /** How many spans between the two do not say that they failed. */
  readonly silentSpans: number
}

export interface ClockSkewReport {
  readonly from: string
  readonly to: string
  readonly calls: number
  /** By how much the spans of `to` are shown later. Absent where no one value makes all calls possible. */
  readonly shiftMillis?: number
}

export interface CriticalPathReport {
  /** `service:name` */
  readonly root: string
  readonly durationMillis: number
  readonly byServiceMillis: Readonly<Record<string, number>>
  readonly sections: number
  /** How often one of several that ran at once was taken to be the one that was waited for. */
  readonly assumptions: number
  /** In how many of the sections that leaves a doubt: those, and all below them. */
  readonly assumed: number
  /** The spans with the most time on the path. */
  readonly top: readonly { readonly span: string; readonly spanId: string; readonly millis: number }[]
}

export interface TraceFindingReport {
  readonly id: string
  readonly level: FindingLevel
  readonly sentence: string
  readonly fingerprint: string
  readonly count: number
  readonly durationMillis: number
  readonly spanIds: readonly string[]
}
