import { diag, DiagLogLevel } from '@opentelemetry/api'
import { PREFIX } from '../../internal/diagnostics/diagnostics.js'
import { doctorArguments, type DoctorArguments } from './arguments.js'
import { diagnose, mainReport } from './diagnosis.js'
import type { AppFindings, Diagnosis } from './findings.js'
import { DOCTOR_HELP } from './help.js'
import { headerRedactor } from '../../internal/diagnostics/redact.js'
import type { ProcessReport } from './process-report.js'
import { newReportFolder, type ReportFolder } from './report-folder.js'
import { testExport, type EndpointFindings } from './checks/test-export.js'
import { formatDiagnosis } from './format/format-diagnosis.js'
import { watchApp } from './watch.js'

/**
 * `spanwright doctor [options] [-- command]`. Returns the exit status: 0 when a span has arrived, 1 when none has, 2 for a
 * wrong command line.
 */
export async function doctor(args: readonly string[]): Promise<number> {
  let given: DoctorArguments
  try {
    given = doctorArguments(args)
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
    return 2
  }
  if (given.help) {
    process.stdout.write(DOCTOR_HELP)
    return 0
  }
  const diagnosis = await examine(given)
  const { stdout } = process
  stdout.write(given.json ? `${JSON.stringify(diagnosis, null, 2)}\n` : `\n${formatDiagnosis(diagnosis, stdout)}`)
  return diagnosis.ok ? 0 : 1
}

/** Progress. */
function say(line: string): void {
  process.stderr.write(`spanwright doctor: ${line}\n`)
}

/** A process that does nothing has the settings that an app would have here. */
const NO_APP: readonly string[] = [process.execPath, '--eval', '0']

async function examine(given: DoctorArguments): Promise<Diagnosis> {
  const folder = newReportFolder()
  const onExit = (): void => folder.remove()
  process.once('exit', onExit)
  try {
    let app: AppFindings | undefined
    if (given.command.length > 0) app = await appFindings(given, folder)
    else await watchApp(NO_APP, folder, { ...given, starts: true, untilExit: true }, say)
    return await findingsOf(folder.read(), app)
  } finally {
    onExit()
    process.off('exit', onExit)
  }
}

async function appFindings(given: DoctorArguments, folder: ReportFolder): Promise<AppFindings> {
  const { command, seconds, waitSeconds, untilExit } = given
  if (!untilExit) {
    say(
      seconds === undefined
        ? `running the app until a span arrives, ${waitSeconds} seconds at most. A server makes spans of requests: send it one.`
        : `running the app for ${seconds} seconds.`,
    )
  }
  return { command, ...(await watchApp(command, folder, given, say)) }
}

/** The endpoint is tried with the settings of the app, which may have read its variables from a file. */
async function findingsOf(reports: readonly ProcessReport[], app: AppFindings | undefined): Promise<Diagnosis> {
  const main = mainReport(reports)
  const warnings: string[] = []
  listen(warnings)
  const endpoints: EndpointFindings[] = []
  const headers: string[] = []
  for (const way of main?.ways ?? []) {
    if (way.kind !== 'otlp') continue
    endpoints.push(await testExport(way.otlp, main?.settled['service.name'] ?? 'spanwright doctor'))
    headers.push(...Object.values(way.otlp.connection.headers).map((value) => `=${value}`))
  }
  const fromVariables = Object.entries(main?.environment ?? {}).filter(([name]) => name.endsWith('_HEADERS'))
  const redact = headerRedactor([...headers, ...fromVariables.map(([, value]) => value)])
  return diagnose({ reports, app, endpoints, warnings, redact })
}

/** What our own parts and OpenTelemetry's log while the endpoint is tried belongs into the diagnosis. */
function listen(warnings: string[]): void {
  const keep = (...parts: readonly unknown[]): void => {
    const text = parts.map(String).join(' ')
    warnings.push(text.startsWith(PREFIX) ? text.slice(PREFIX.length) : text)
  }
  const silent = (): void => undefined
  const logger = { error: keep, warn: keep, info: silent, debug: silent, verbose: silent }
  // Where NODE_OPTIONS has the flag, this process has started tracing, too.
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
}
