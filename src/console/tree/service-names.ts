import type { DrawnSpan } from '../drawn-span.js'
import { clean } from '../drawing/terminal-text.js'
import type { TracePiece } from '../trace-piece.js'

export function servicesOf({ spans, open = [] }: TracePiece<DrawnSpan>): ReadonlySet<string> {
  return new Set([...spans, ...open].map(serviceOf).filter((service) => service !== undefined))
}

/** The SDK's own default goes on with the path of the executable. */
const UNNAMED = /^(unknown_service):.*/

export function serviceOf({ resource }: DrawnSpan): string | undefined {
  return resource.service === undefined ? undefined : clean(resource.service).replace(UNNAMED, '$1')
}
