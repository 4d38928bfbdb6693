import { messageOf, warnOnce } from '../diagnostics/diagnostics.js'
import { warnOfEnvValue, readEnv, readEnvList, readEnvNumber } from '../runtime/env.js'
import {
  checkKeys,
  checkString,
  checkNumber,
  checkPlainObject,
  wrongType,
  checkEach,
  outOfRange,
  type NumberRange,
} from './validate.js'

/** All that is known of one option; the check, the environment, the configuration file, the defaults and the doctor go by it. */
export interface OptionRow<T = unknown> {
  /** @throws TracingConfigError for a wrong value. Not called for undefined. */
  readonly check: (option: string, value: unknown) => void
  /** Environment variables, in order: the first with a usable value counts. */
  readonly variables?: readonly string[]
  /** What one of the variables says; undefined where it is unset, or wrong, which is logged once. */
  readonly read?: (variable: string) => T | undefined
  /** A list of names, of which wrong ones are left out one by one. */
  readonly isList?: boolean
  /** The key in the configuration file, for a number. */
  readonly fileKey?: string
  readonly default?: T
  /** For the doctor, where the value can't be shown as it is. */
  format?(value: T): string
  /** The options within this one. */
  readonly table?: AnyTable
}

export type AnyTable = Readonly<Record<string, OptionRow>>

export type OptionTable<Options> = {
  readonly [Name in keyof Options]-?: OptionRow<Exclude<Options[Name], undefined>>
}

type Rest<T> = Omit<OptionRow<T>, 'check' | 'table'>

export function numberRow(range: NumberRange, rest: Rest<number> = {}): OptionRow<number> {
  return {
    check: (option, value) => checkNumber(option, value, range),
    read: (variable) => readEnvNumber(variable, range),
    ...rest,
  }
}

export function booleanRow(rest: Rest<boolean> = {}, allowed = 'true or false'): OptionRow<boolean> {
  return {
    check(option, value) {
      if (typeof value !== 'boolean') throw wrongType(option, allowed, value)
    },
    ...rest,
  }
}

export function textRow(rest: Rest<string> = {}): OptionRow<string> {
  return { check: checkString, read: readEnv, ...rest }
}

/** @param allowed what must be, in words: an entry, and all of a variable */
export function listRow<T>(
  allowed: { readonly entry: string; readonly list: string },
  isAllowed: (entry: unknown) => boolean,
  rest: Rest<readonly T[]>,
): OptionRow<readonly T[]> {
  return {
    check(option, value) {
      checkEach(option, value, (entry, own) => {
        if (!isAllowed(entry)) throw (typeof entry === 'string' ? outOfRange : wrongType)(own, allowed.entry, entry)
      })
    },
    read(variable) {
      const entries = readEnvList(variable)
      const usable = entries?.filter(isAllowed)
      if (usable?.length !== entries?.length) warnOfEnvValue(variable, allowed.list, 'other entries are left out')
      return usable as readonly T[] | undefined
    },
    isList: true,
    ...rest,
  }
}

/** Options within an option: `batch: { maxQueueSize: 1 }`. */
export function groupRow<T extends object>(table: OptionTable<T>): OptionRow<T> {
  return { check: (option, value) => checkTable(option, value as T | undefined, table), table }
}

/**
 * Throws a TracingConfigError for the first option that is wrong, or that the table does not have.
 *
 * @param option the name of the option that these are in; empty for those of startTracing
 */
export function checkTable<T extends object>(option: string, options: T | undefined, table: OptionTable<T>): void {
  const prefix = option === '' ? '' : `${option}.`
  checkPlainObject(option === '' ? 'options' : option, options)
  checkKeys(prefix, options, Object.keys(table))
  checkValues(prefix, options, table)
}

/** The same, of an object that has other keys as well. */
export function checkValues<T extends object>(prefix: string, options: T | undefined, table: OptionTable<T>): void {
  for (const [name, { check }] of Object.entries<OptionRow>(table)) {
    const value = valueOf(options, name)
    if (value !== undefined) check(`${prefix}${name}`, value)
  }
}

/** What the environment says. Wrong values are logged once and count as unset. */
export function readTable<T extends object>(table: OptionTable<T>): Partial<T> {
  return defined(table, (_name, row) => {
    if (row.table) return readTable(row.table)
    for (const variable of row.variables ?? []) {
      const value = row.read?.(variable)
      if (value !== undefined) return value
    }
    return undefined
  })
}

/**
 * What an object of a configuration file says, where the options have the names of their `fileKey`. Wrong values are logged
 * once and count as left out.
 *
 * @param place in the file, for the warning
 */
export function fromFile<T extends object>(
  table: OptionTable<T>,
  model: object | undefined,
  place: string,
): Partial<T> {
  const values = new Map<string, unknown>(Object.entries(model ?? {}))
  return defined(table, (name, { fileKey, check }) => {
    const value = fileKey === undefined ? undefined : (values.get(fileKey) ?? undefined)
    if (value === undefined) return undefined
    try {
      check(name, value)
      return value
    } catch (error) {
      const source = `OTEL_CONFIG_FILE, ${place}`
      warnOnce(`${source} ${name}`, `${source}: ${messageOf(error)}; the default is used`)
      return undefined
    }
  })
}

/** Each option from the first source that has it, else its default. Without options that have neither. */
export function resolveTable<T extends object>(table: OptionTable<T>, ...sources: readonly (T | undefined)[]): T {
  return defined(table, (name, row) => {
    const values = sources.map((source) => valueOf(source, name))
    if (row.table) return resolveTable(row.table, ...(values as (Record<string, unknown> | undefined)[]))
    return values.find((value) => value !== undefined) ?? row.default
  }) as T
}

function valueOf(options: object | undefined, name: string): unknown {
  return (options as Readonly<Record<string, unknown>> | undefined)?.[name]
}

function defined<T extends object>(
  table: OptionTable<T>,
  value: (name: string, row: OptionRow) => unknown,
): Partial<T> {
  const entries = Object.entries<OptionRow>(table).map(([name, row]) => [name, value(name, row)] as const)
  return Object.fromEntries(entries.filter(([, one]) => one !== undefined)) as Partial<T>
}
