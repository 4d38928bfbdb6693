import { isReadElsewhere, PUBLIC_SETTINGS, type PublicSetting } from './public-settings.js'

/** A setting that holds, and who said so. */
export interface Setting {
  readonly name: string
  readonly value: string
  /** `startTracing({ … })`, `OTEL_CONFIG_FILE`, the name of a variable, or `default`. */
  readonly source: string
}

/** What was said, by whom. Everything is in words. */
export interface Said {
  /** What was settled, by the names of the settings. */
  readonly settled: Readonly<Record<string, string>>
  readonly options: Readonly<Record<string, string>>
  /** The variables, as they were when tracing started. */
  readonly environment: Readonly<Record<string, string>>
  /** What the SDK has complained of. */
  readonly warnings: readonly string[]
}

/** A variable that changes nothing, and why. */
export interface IgnoredVariable {
  readonly name: string
  readonly why: string
}

const CONFIG_FILE = 'OTEL_CONFIG_FILE'

/** Beside a setting in `settled`: the file that it was read from, where no option and no variable has said it. */
export function foundIn(name: string): string {
  return `${name} found in`
}

/** Each setting that has a value, in the order of docs/configuration.md. */
export function settingsWithSources(said: Said): readonly Setting[] {
  return PUBLIC_SETTINGS.flatMap((row) => {
    const value = said.settled[row.name] ?? optionOf(row, said)?.value
    return value === undefined ? [] : { name: row.name, value, source: sourceOf(row, said) }
  })
}

function sourceOf(row: PublicSetting, said: Said): string {
  const option = optionOf(row, said)
  if (option) return `startTracing({ ${option.name.split('.')[0]} })`
  const file = said.settled[foundIn(row.name)]
  if (file !== undefined) return file
  if (hasFile(said)) return canStandInFile(row) ? CONFIG_FILE : 'default'
  return row.variables?.find((name) => speaks(row, name, said)) ?? 'default'
}

/** A file says all that its schema has, if only by leaving it out. */
function canStandInFile({ variables = [] }: PublicSetting): boolean {
  return variables.length > 0 && !variables.some((name) => /^(SPANWRIGHT|OTEL_NODE)_/.test(name))
}

const hasFile = ({ environment }: Said): boolean => (environment[CONFIG_FILE] ?? '').trim() !== ''

function optionOf({ options = [] }: PublicSetting, said: Said): { name: string; value: string } | undefined {
  for (const name of options) {
    const value = said.options[name]
    if (value !== undefined) return { name, value }
  }
  return undefined
}

function speaks(row: PublicSetting, variable: string, { environment, warnings }: Said): boolean {
  const value = environment[variable]?.trim() ?? ''
  if (value === '') return false
  if (variable === 'OTEL_RESOURCE_ATTRIBUTES' && !value.includes(`${row.name}=`)) return false
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

/** Variables of tracing that change nothing here: wrong ones, misspelt ones, and those that something else goes before. */
export function ignoredVariables(said: Said): readonly IgnoredVariable[] {
  return Object.keys(said.environment).flatMap((name) => {
    const why = said.environment[name]?.trim() === '' ? undefined : whyIgnored(name, said)
    return why === undefined ? [] : { name, why }
  })
}

function whyIgnored(name: string, said: Said): string | undefined {
  const row = PUBLIC_SETTINGS.find(({ variables = [] }) => variables.includes(name))
  if (hasFile(said) && name !== CONFIG_FILE && name !== 'OTEL_SEMCONV_STABILITY_OPT_IN') {
    return 'OTEL_CONFIG_FILE speaks alone, unless the file itself refers to this variable'
  }
  const complaint = said.warnings.find((warning) => isAbout(warning, name))
  if (complaint !== undefined) return complaint
  if (!row) return isReadElsewhere(name) ? undefined : 'no variable of this name is known: is it misspelt?'
  // Several settings may come from one variable.
  if (name === 'OTEL_RESOURCE_ATTRIBUTES') return undefined
  const source = sourceOf(row, said)
  return source === name || source === 'default' ? undefined : `${source} goes before it`
}
