import { parseDurationMicros } from './durations.js'
import { builtInKey } from './keys.js'
import type { Comparison } from './query.js'

/** What is wrong with a comparison, in one sentence; `undefined` for a right one. */
export function problemOf({ key, isAttribute, operator, value }: Comparison): string | undefined {
  const isOrder = operator.startsWith('>') || operator.startsWith('<')
  const builtIn = isAttribute ? undefined : builtInKey(key)
  if (!builtIn) {
    return isOrder && Number.isNaN(Number(value.text || 'x'))
      ? `${operator} compares numbers: ${key}${operator}10`
      : undefined
  }
  const { type, choices = [] } = builtIn
  if (type === 'duration') {
    if (operator === '~') return `${key} is compared with >, >=, < and <=`
    return parseDurationMicros(value.text) === undefined ? `${key} takes a number with a unit: ${key}>200ms` : undefined
  }
  const isNumber = /^\d+$/.test(value.text)
  if (type === 'count' && (!isNumber || operator === '~')) return `${key} takes a whole number: ${key}>10`
  if (type === 'services' && isOrder && !isNumber) return `${operator} compares numbers: ${key}${operator}2`
  if (type === 'services' || type === 'count') return undefined
  if (isOrder) return `${key} is text: compare it with :, =, != or ~`
  if (type === 'choice' && operator !== '~' && !choices.includes(value.text.toLowerCase())) {
    const numeric = key === 'status' && isNumber ? '; the code of a response is http.response.status_code' : ''
    return `${key} is one of ${choices.join(', ')}${numeric}`
  }
  return undefined
}
