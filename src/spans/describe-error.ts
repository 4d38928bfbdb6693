import { inspect } from 'node:util'
import { isInstanceOf, read } from '../internal/read.js'

const LONGEST_MESSAGE = 2_048
const LONGEST_STACKTRACE = 16_384
const DEEPEST_CAUSE = 8
const MOST_ERRORS = 24

export interface ErrorDescription {
  /** The class of the error, such as `TypeError`. */
  readonly type: string
  readonly message: string
  /** The stack, followed by those of its causes; undefined when there is none. */
  readonly stacktrace: string | undefined
  /** What to group errors by: a code such as `ECONNREFUSED` where the error has one, its class otherwise. */
  readonly errorType: string
}

/** Describes anything that can be thrown. Bounded in size and depth; getters that throw and cycles do no harm. */
export function describeError(error: unknown): ErrorDescription {
  const type = typeOf(error)
  return { type, message: messageOf(error), stacktrace: stacktraceOf(error), errorType: codeOf(error) ?? type }
}

/** Many classes do not set `name`, and inherit "Error" (some drivers write "error"): the constructor says more. */
function typeOf(error: unknown): string {
  if (!isObject(error)) return error === null ? 'null' : typeof error
  const name = read(error, 'name')
  if (typeof name === 'string' && name !== '' && name.toLowerCase() !== 'error') return cut(name, 256)
  const constructorName = read(read(error, 'constructor'), 'name')
  if (typeof constructorName === 'string' && constructorName !== '') return cut(constructorName, 256)
  return 'Error'
}

/** Codes are names, not sentences, so that grouping by them stays possible. */
function codeOf(error: unknown): string | undefined {
  const code = read(error, 'code')
  return typeof code === 'string' && /^[\w.-]{1,64}$/.test(code) ? code : undefined
}

function messageOf(error: unknown): string {
  const message = read(error, 'message')
  if (typeof message === 'string') return cut(message, LONGEST_MESSAGE)
  if (isError(error)) return ''
  return cut(typeof error === 'string' ? error : shown(error), LONGEST_MESSAGE)
}

/** Neither getters nor custom inspectors run: the value is not ours. */
function shown(value: unknown): string {
  try {
    return inspect(value, {
      depth: 1,
      customInspect: false,
      maxArrayLength: 10,
      maxStringLength: 256,
      breakLength: 120,
    })
  } catch {
    return typeof value
  }
}

function stacktraceOf(error: unknown): string | undefined {
  if (!isError(error)) return undefined
  const parts: string[] = []
  const seen = new Set<unknown>()
  const visit = (value: unknown, label: string, depth: number): void => {
    if (parts.length >= MOST_ERRORS) return
    if (seen.has(value)) {
      parts.push(`${label}[circular]`)
      return
    }
    if (isObject(value)) seen.add(value)
    parts.push(label + headOf(value))
    if (depth >= DEEPEST_CAUSE) return
    const cause = read(value, 'cause')
    if (cause !== undefined && cause !== null) visit(cause, 'Caused by: ', depth + 1)
    errorsOf(value).forEach((inner, index) => visit(inner, `Error ${index + 1}: `, depth + 1))
  }
  visit(error, '', 0)
  return cut(parts.join('\n'), LONGEST_STACKTRACE)
}

function headOf(value: unknown): string {
  const stack = read(value, 'stack')
  return typeof stack === 'string' && stack !== '' ? stack : `${typeOf(value)}: ${messageOf(value)}`
}

/** An AggregateError's. Elsewhere `errors` often holds plain objects (validation issues), which say nothing here. */
function errorsOf(value: unknown): unknown[] {
  const errors = read(value, 'errors')
  if (!Array.isArray(errors)) return []
  return Array.from({ length: Math.min(errors.length, MOST_ERRORS) }, (_, index) => read(errors, index)).filter(isError)
}

/** An error of another realm (node:vm, test runners) is no instance of ours, but has a stack. */
function isError(value: unknown): boolean {
  return typeof read(value, 'stack') === 'string' || isInstanceOf(value, Error)
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text
}
