import type { ErrorOrigin } from '../../error-origins.js'
import { exceptionOf } from '../../failures.js'
import { oneLine, placeOf } from '../words.js'

const LONGEST_MESSAGE = 160

/** "card declined: insufficient funds in payments `charge card`" */
export function failureOf({ node, message }: ErrorOrigin): string {
  const text = oneLine(message, LONGEST_MESSAGE)
  if (text === '' || text === node.span.name) return `${placeOf(node)} failed`
  return /^\d{3}$/.test(text) ? `${placeOf(node)} failed with ${text}` : `${text} in ${placeOf(node)}`
}

/** The same for origins that are shown as one: without the values in their messages. */
export function originKey({ node, message }: ErrorOrigin): string {
  const type = exceptionOf(node.span)?.type ?? ''
  const shape = oneLine(message, LONGEST_MESSAGE)
    .replaceAll(/'[^']*'|"[^"]*"|\/\S+/g, '…')
    .replaceAll(/[0-9a-f]{8,}(-[0-9a-f]+)*|\d+/gi, '#')
  return `${node.span.resource.service}\n${node.span.name}\n${type}\n${shape}`
}

/** The caller was still running when it failed, and does not fail. A failure after the caller's end could not be handled by it. */
export function isIgnored({ node, isSwallowed }: ErrorOrigin): boolean {
  const end = node.parent?.endMicros
  return isSwallowed && end !== undefined && end >= (node.endMicros ?? node.startMicros)
}
