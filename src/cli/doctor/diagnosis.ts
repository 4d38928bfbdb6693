import { ignoredVariables, settingsWithSources, type Setting } from '../../config/provenance.js'
import type { AppFindings, Diagnosis, ProcessFindings } from './findings.js'
import { connectionInWords } from './format/format-otlp.js'
import type { Redact } from '../../internal/diagnostics/redact.js'
import { redactedArguments } from '../../internal/privacy/secret-arguments.js'
import { withoutActingCharacters } from '../../internal/text/plain-line.js'
import { isOfTheApp, modulesOfAll, sumOfLedgers, tracingOnes } from './aggregate.js'
import type { ProcessReport } from './process-report.js'
import { problemsOf } from './checks/problems.js'
import type { EndpointFindings } from './checks/test-export.js'

export interface Seen {
  readonly reports: readonly ProcessReport[]
  readonly app: AppFindings | undefined
  readonly endpoints: readonly EndpointFindings[]
  /** What was logged while the endpoint was tried. */
  readonly warnings: readonly string[]
  readonly redact: Redact
}

/** The process whose settings are shown: the first that traces, else the first that has tried to. */
export function mainReport(reports: readonly ProcessReport[]): ProcessReport | undefined {
  const ofTheApp = reports.filter(isOfTheApp)
  return (
    tracingOnes(reports)[0] ?? ofTheApp.find(({ tracing }) => tracing !== 'not started') ?? ofTheApp[0] ?? undefined
  )
}

export function diagnose(seen: Seen): Diagnosis {
  const { reports, app, endpoints } = seen
  const main = mainReport(reports)
  const traced = tracingOnes(reports)
  const warnings = [
    ...new Set([...traced.flatMap((report) => report.warnings), ...(main?.warnings ?? []), ...seen.warnings]),
  ]
  const ledger = app && traced.length > 0 ? sumOfLedgers(traced) : undefined
  const sources = main && {
    settled: { ...main.settled, ...connection(main, endpoints) },
    options: main.options,
    environment: main.environment,
    warnings,
  }
  const found: Omit<Diagnosis, 'ok' | 'summary' | 'problems'> = {
    version: 1,
    tracing: main?.tracing ?? 'not reported',
    startedBy: main?.starter,
    settings: sources && main.tracing === 'on' ? settingsWithSources(sources).map(withPort(endpoints)) : [],
    ignored: sources ? ignoredVariables(sources) : [],
    sampler: main?.settled.sampler,
    endpoints,
    ledger,
    modules: app ? modulesOfAll(traced) : { patched: [], missed: [] },
    warnings,
    app: app && { ...app, command: redactedArguments(app.command) },
    processes: reports.filter(isOfTheApp).map(processFindings),
  }
  const { problems, ok } = problemsOf(found, main)
  const summary = ok ? wellInWords(found) : (problems[0]?.problem ?? '')
  return redacted({ ok, summary, problems, ...found }, seen.redact)
}

function processFindings({ pid, thread, main, tracing, starter, ledger }: ProcessReport): ProcessFindings {
  return { pid, thread, main, tracing, startedBy: starter, ledger }
}

function connection({ ways }: ProcessReport, endpoints: readonly EndpointFindings[]): Record<string, string> {
  const way = ways.find(({ kind }) => kind === 'otlp')
  const [first] = endpoints
  return way?.kind === 'otlp' && first ? connectionInWords(way.otlp, first.endpoint) : {}
}

/** The one default that comes from another setting. */
function withPort([first]: readonly EndpointFindings[]): (setting: Setting) => Setting {
  return (setting) =>
    setting.name === 'protocol' && setting.source === 'default' && first?.protocol === 'grpc'
      ? { ...setting, source: 'port 4317 of the endpoint' }
      : setting
}

function wellInWords({ app, ledger }: Pick<Diagnosis, 'app' | 'ledger'>): string {
  if (!app || !ledger) return 'Tracing is on, and the endpoint takes spans.'
  const { exported } = ledger
  return `Tracing works: ${exported} ${exported === 1 ? 'span' : 'spans'} of the app arrived.`
}

/** All texts, wherever they are. */
function redacted(diagnosis: Diagnosis, redact: Redact): Diagnosis {
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return withoutActingCharacters(redact(value))
    if (Array.isArray(value)) return value.map(walk)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner)]))
  }
  return walk(diagnosis) as Diagnosis
}
