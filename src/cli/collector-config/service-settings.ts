import { grpcUrl, httpUrl } from '../../export/pipeline/otlp-settings.js'
import { readEnv, readEnvList, withoutEnv } from '../../internal/runtime/env.js'
import { mainReport } from '../doctor/diagnosis.js'
import type { ProcessReport } from '../doctor/process-report.js'
import { newReportFolder } from '../doctor/report-folder.js'
import { watchApp } from '../doctor/watch.js'

/** What collectors have to know of the service that sends to them. */
export interface ServiceSettings {
  readonly name: string
  /** Where it sends; undefined where it sends nothing by OTLP. */
  readonly endpoint: URL | undefined
  readonly isGrpc: boolean
  readonly usesClientCertificate: boolean
  readonly headerNames: readonly string[]
  readonly sampler: string
  readonly keepsAll: boolean
  /** The longest that a span waits before it is sent. */
  readonly scheduledDelayMillis: number
  readonly sendsMetrics: boolean
  readonly sendsLogs: boolean
}

/** A process that does nothing has the settings that the service would have here. */
const NO_APP: readonly string[] = [process.execPath, '--eval', '0']

const OTHER_SIGNALS = /^OTEL_(METRICS|LOGS)_EXPORTER$/
const NOTHING_SENT = { OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' }

/** The settings by environment variables and configuration file of this shell, as the SDK itself reads them. */
export async function serviceSettings(): Promise<ServiceSettings> {
  const folder = newReportFolder()
  const onExit = (): void => folder.remove()
  process.once('exit', onExit)
  const watched = { json: true, starts: true, waitSeconds: 30, seconds: undefined, untilExit: true }
  try {
    // What it does otherwise is no part of this: it would send metrics of itself as it ends.
    await withoutEnv(OTHER_SIGNALS, () => watchApp(NO_APP, folder, watched, () => undefined), NOTHING_SENT)
    return settingsIn(mainReport(folder.read()))
  } finally {
    onExit()
    process.off('exit', onExit)
  }
}

/** A configuration file may have either; a receiver without a sender costs nothing. */
const isSent = (signal: 'METRICS' | 'LOGS'): boolean =>
  readEnv('OTEL_CONFIG_FILE') !== undefined || (readEnvList(`OTEL_${signal}_EXPORTER`) ?? []).includes('otlp')

function settingsIn(report: ProcessReport | undefined): ServiceSettings {
  const { settled = {}, ways = [] } = report ?? {}
  const otlp = ways.flatMap((way) => (way.kind === 'otlp' ? way.otlp : []))[0]
  const sampler = settled.sampler ?? 'not known'
  return {
    name: settled['service.name'] ?? 'a service',
    endpoint: otlp && (otlp.protocol === 'grpc' ? grpcUrl : httpUrl)(otlp.connection.url),
    isGrpc: otlp?.protocol === 'grpc',
    usesClientCertificate: otlp?.connection.tls.certFile !== undefined,
    headerNames: Object.keys(otlp?.connection.headers ?? {}),
    sampler,
    keepsAll: /^(?:ParentBased\{)?(?:root=)?(?:AlwaysOn|Probability\{1\})/.test(sampler),
    scheduledDelayMillis: Number(settled['batch.scheduledDelayMillis'] ?? 5_000),
    sendsMetrics: isSent('METRICS'),
    sendsLogs: isSent('LOGS'),
  }
}
