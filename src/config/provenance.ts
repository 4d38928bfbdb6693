import type { AnyTable } from '../internal/checks/option-table.js'
import { OPTIONS } from './options.js'

/** A setting, and what it may come from. */
interface PublicSetting {
  readonly name: string
  readonly options?: readonly string[]
  /** The first that is set counts. */
  readonly variables?: readonly string[]
  /** Of a list of names, those that are wrong are left out one by one. */
  readonly isList?: boolean
}

/** Options that the doctor shows under the names that they have on the spans, and as the exporter. */
const SHOWN_OTHERWISE: ReadonlySet<string> = new Set([
  'serviceName',
  'serviceVersion',
  'environment',
  'resourceAttributes',
  'traceExporter',
  'spanProcessors',
])

const ATTRIBUTES = 'OTEL_RESOURCE_ATTRIBUTES'
const attribute = (name: string, option: string, ...variables: string[]): PublicSetting => ({
  name,
  options: [option, `resourceAttributes.${name}`],
  variables: [...variables, ATTRIBUTES],
})
const otlp = (name: string): PublicSetting => {
  const variable = name.toUpperCase().replaceAll(' ', '_')
  return { name, variables: [`OTEL_EXPORTER_OTLP_TRACES_${variable}`, `OTEL_EXPORTER_OTLP_${variable}`] }
}

/** In the order of the doctor. */
const SETTINGS: readonly PublicSetting[] = [
  attribute('service.name', 'serviceName', 'OTEL_SERVICE_NAME'),
  attribute('service.version', 'serviceVersion'),
  attribute('deployment.environment.name', 'environment'),
  {
    name: 'exporter',
    options: ['traceExporter', 'spanProcessors'],
    variables: ['OTEL_TRACES_EXPORTER'],
    isList: true,
  },
  ...['protocol', 'endpoint', 'headers', 'compression', 'timeout', 'certificate'].map(otlp),
  ...['client certificate', 'client key', 'insecure'].map(otlp),
  ...settingsOf(OPTIONS),
  { name: 'enabledInstrumentations', variables: ['OTEL_NODE_ENABLED_INSTRUMENTATIONS'], isList: true },
  { name: 'disabledInstrumentations', variables: ['OTEL_NODE_DISABLED_INSTRUMENTATIONS'], isList: true },
  { name: 'logLevel', variables: ['OTEL_LOG_LEVEL'] },
]

function settingsOf(table: AnyTable, prefix = ''): PublicSetting[] {
  return Object.entries(table).flatMap(([key, row]) => {
    const name = `${prefix}${key}`
    if (SHOWN_OTHERWISE.has(name)) return []
    return row.table ? settingsOf(row.table, `${name}.`) : { ...row, name, options: [name] }
  })
}

/** Variables that are read into no setting of the list. */
const ALSO_READ =
  /^(SPANWRIGHT_DOCTOR|OTEL_(SDK_DISABLED|CONFIG_FILE|TRACES_SAMPLER_ARG|NODE_RESOURCE_DETECTORS|SEMCONV_STABILITY_OPT_IN|EXPORTER_ZIPKIN_\w+|(METRICS?|LOGS|BLRP)_\w+|EXPORTER_OTLP_(METRICS|LOGS)_\w+|EXPORTER_PROMETHEUS_\w+))$/

/** A setting, its value, and where it comes from. */
export interface Setting {
  readonly name: string
  readonly value: string
  /** `startTracing({ … })`, `OTEL_CONFIG_FILE`, the name of a variable, or `default`. */
  readonly source: string
}

/** Where values come from. Everything is text. */
export interface Sources {
  /** The values that hold, by the names of the settings. */
  readonly settled: Readonly<Record<string, string>>
  readonly options: Readonly<Record<string, string>>
  /** The variables, as they were when tracing started. */
  readonly environment: Readonly<Record<string, string>>
  /** Warnings of the SDK. */
  readonly warnings: readonly string[]
}

/** A variable that changes nothing, and why. */
export interface IgnoredVariable {
  readonly name: string
  readonly why: string
}

const CONFIG_FILE = 'OTEL_CONFIG_FILE'

/** The key in `settled` of the file that a setting was read from, where no option and no variable has it. */
export function foundIn(name: string): string {
  return `${name} found in`
}

/** Each setting that has a value, in the order of the list above. */
export function settingsWithSources(sources: Sources): readonly Setting[] {
  return SETTINGS.flatMap((row) => {
    const value = sources.settled[row.name] ?? optionOf(row, sources)?.value
    return value === undefined ? [] : { name: row.name, value, source: sourceOf(row, sources) }
  })
}

function sourceOf(row: PublicSetting, sources: Sources): string {
  const option = optionOf(row, sources)
  if (option) return `startTracing({ ${option.name.split('.')[0]} })`
  const file = sources.settled[foundIn(row.name)]
  if (file !== undefined) return file
  if (hasFile(sources)) return canStandInFile(row) ? CONFIG_FILE : 'default'
  return row.variables?.find((name) => counts(row, name, sources)) ?? 'default'
}

/** With a file, everything that its schema has comes from it, by being left out, too. */
function canStandInFile({ variables = [] }: PublicSetting): boolean {
  return variables.length > 0 && !variables.some((name) => /^(SPANWRIGHT|OTEL_NODE)_/.test(name))
}

const hasFile = ({ environment }: Sources): boolean => (environment[CONFIG_FILE] ?? '').trim() !== ''

function optionOf({ options = [] }: PublicSetting, sources: Sources): { name: string; value: string } | undefined {
  for (const name of options) {
    const value = sources.options[name]
    if (value !== undefined) return { name, value }
  }
  return undefined
}

function counts(row: PublicSetting, variable: string, { environment, warnings }: Sources): boolean {
  const value = environment[variable]?.trim() ?? ''
  if (value === '') return false
  if (variable === ATTRIBUTES && !value.includes(`${row.name}=`)) return false
  const complaints = warnings.filter((warning) => isAbout(warning, variable))
  if (complaints.length === 0) return true
  if (!row.isList) return false
  const names = value.split(',').map((name) => name.trim())
  return names.some(
    (name) =>
      name !== '' &&
      !complaints.some((complaint) => complaint.includes(`"${name}"; `) || complaint.includes(`"${name}" is`)),
  )
}

/** `OTEL_X must be …`, `OTEL_X: …`, and OpenTelemetry's own `Configuration: OTEL_X is …`. */
function isAbout(warning: string, variable: string): boolean {
  return new RegExp(`^(Configuration: )?${variable}\\b`).test(warning)
}

/** Variables of tracing that change nothing here: wrong ones, misspelt ones, and those that something else takes precedence over. */
export function ignoredVariables(sources: Sources): readonly IgnoredVariable[] {
  return Object.keys(sources.environment).flatMap((name) => {
    const why = sources.environment[name]?.trim() === '' ? undefined : whyIgnored(name, sources)
    return why === undefined ? [] : { name, why }
  })
}

function whyIgnored(name: string, sources: Sources): string | undefined {
  const row = SETTINGS.find(({ variables = [] }) => variables.includes(name))
  if (hasFile(sources) && name !== CONFIG_FILE && name !== 'OTEL_SEMCONV_STABILITY_OPT_IN') {
    return 'with OTEL_CONFIG_FILE, a variable counts only where the file refers to it'
  }
  const complaint = sources.warnings.find((warning) => isAbout(warning, name))
  if (complaint !== undefined) return complaint
  if (!row) return ALSO_READ.test(name) ? undefined : 'no variable of this name is known: is it misspelt?'
  // Several settings may come from one variable.
  if (name === ATTRIBUTES) return undefined
  const source = sourceOf(row, sources)
  return source === name || source === 'default' ? undefined : `${source} takes precedence`
}
