import { humanDuration } from '../../../internal/text/human-duration.js'
import type { SpanNode } from '../span-node.js'

const LONGEST_NAME = 120

export { humanDuration }

/** A name from a trace within a sentence: one line, cut, in backticks. */
export function quoted(text: string): string {
  return `\`${oneLine(text, LONGEST_NAME).replaceAll('`', "'")}\``
}

export function oneLine(text: string, longest: number): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line
}

/** "payments `charge card`" */
export function placeOf({ span }: SpanNode): string {
  return `${oneLine(span.resource.service, LONGEST_NAME)} ${quoted(span.name)}`
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

/** "a", "a and b", "a, b and c" */
export function listed(parts: readonly string[]): string {
  const last = parts.at(-1) ?? ''
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(', ')} and ${last}`
}
