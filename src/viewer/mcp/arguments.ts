import { parseQuery } from '../query/parse.js'
import { isQueryError, type Query } from '../query/query.js'
import { ToolError } from './server.js'

type Arguments = Readonly<Record<string, unknown>>

export function textArgument(args: Arguments, name: string): string | undefined {
  const value = args[name]
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value !== 'string') throw new ToolError(`${name} is text`)
  return value
}

export function choiceArgument<Choice extends string>(
  args: Arguments,
  name: string,
  choices: readonly Choice[],
): Choice {
  const value = textArgument(args, name) ?? choices[0]
  const choice = choices.find((each) => each === value)
  if (choice === undefined) throw new ToolError(`${name} is one of ${choices.join(', ')}`)
  return choice
}

/** A number within the bounds; the default where there is none. */
export function numberArgument(
  args: Arguments,
  name: string,
  { byDefault, min, max }: { byDefault: number; min: number; max: number },
): number {
  const given = args[name] ?? byDefault
  const value = typeof given === 'string' ? Number(given) : given
  if (typeof value !== 'number' || !(value >= min && value <= max)) {
    throw new ToolError(`${name} is a number from ${min} to ${max}`)
  }
  return value
}

/** Milliseconds since 1970. */
export function timeArgument(args: Arguments, name: string): number | undefined {
  const text = textArgument(args, name)
  if (text === undefined) return undefined
  const millis = Date.parse(text)
  if (Number.isNaN(millis)) throw new ToolError(`${name} is a time such as 2026-01-31T12:00:00Z`)
  return millis
}

export function queryArgument(args: Arguments, name: string): Query {
  const text = textArgument(args, name) ?? ''
  const parsed = parseQuery(text)
  if (!isQueryError(parsed)) return parsed
  throw new ToolError(`${name}: ${parsed.message} (at "${text.slice(parsed.start, parsed.end)}")`)
}
