import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { clean } from '../drawing/terminal-text.js'
import type { TracePiece } from '../trace-piece.js'

export function servicesOf({ spans, open = [] }: TracePiece): ReadonlySet<string> {
  return new Set([...spans, ...open].map(serviceOf).filter((service) => service !== undefined))
}

/** The SDK's own default goes on with the path of the executable. */
const UNNAMED = /^(unknown_service):.*/

/** Raw attributes: reading the settled ones while a detector is still at work makes the SDK report an error. */
export function serviceOf({ resource }: ReadableSpan): string | undefined {
  const [, name] = resource.getRawAttributes().find(([key]) => key === 'service.name') ?? []
  return typeof name === 'string' ? clean(name).replace(UNNAMED, '$1') : undefined
}
