import { safeGet } from '../checks/safe-get.js'

/**
 * What to group errors by, `error.type` of the conventions: a code such as `ECONNREFUSED` where the error has one, its class
 * otherwise. Always a text: the codes of a DOMException are numbers.
 */
export function errorTypeOf(error: unknown): string {
  return codeOf(error) ?? classOf(error)
}

/** Many classes do not set `name`, and inherit "Error" (some drivers write "error"): the constructor's name is more precise. */
export function classOf(error: unknown): string {
  if (!hasProperties(error)) return error === null ? 'null' : typeof error
  const name = safeGet(error, 'name')
  if (typeof name === 'string' && name !== '' && name.toLowerCase() !== 'error') return cut(name, 256)
  const constructorName = safeGet(safeGet(error, 'constructor'), 'name')
  if (typeof constructorName === 'string' && constructorName !== '') return cut(constructorName, 256)
  return 'Error'
}

/** Codes are names, not sentences, so that grouping by them stays possible. */
export function codeOf(error: unknown): string | undefined {
  const code = safeGet(error, 'code')
  return typeof code === 'string' && /^[\w.-]{1,64}$/.test(code) ? code : undefined
}

/** Objects and functions. */
export function hasProperties(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

export function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text
}
