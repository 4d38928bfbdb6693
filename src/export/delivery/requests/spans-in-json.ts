import { explicitRandomness, randomnessOfId, type Goes, type Thinned, type Weigh } from './randomness.js'

/** What we look at; whatever else is there is kept. */
interface RequestInJson {
  resourceSpans: ResourceSpansInJson[]
}

interface ResourceSpansInJson {
  scopeSpans?: ScopeSpansInJson[]
}

interface ScopeSpansInJson {
  spans?: SpanInJson[]
}

interface SpanInJson {
  traceId?: unknown
  traceState?: unknown
}

/** @throws where the bytes are no request; some of it may have been weighed by then. */
export function weighJson(bytes: Uint8Array, weigh: Weigh): void {
  const { request } = parsed(bytes)
  let weighed = 0
  const weighValue = (randomness: number, value: unknown): number => {
    const length = lengthOf(value)
    weigh(randomness, length)
    weighed += length
    return randomness
  }
  // A resource or scope goes with its last span; without any it goes with the whole.
  const last = highest(request.resourceSpans, (resource) => {
    const lastOfResource = highest(resource.scopeSpans ?? [], (scope) => {
      const lastOfScope = highest(scope.spans ?? [], (span) => weighValue(randomnessOfSpan(span), span))
      return lastOfScope < 0 ? lastOfScope : weighValue(lastOfScope, { ...scope, spans: [] })
    })
    return lastOfResource < 0 ? lastOfResource : weighValue(lastOfResource, { ...resource, scopeSpans: [] })
  })
  if (last >= 0) weigh(last, bytes.byteLength - weighed)
}

/** Of all items; -1 where there are none. */
function highest<T>(items: readonly T[], randomnessOf: (item: T) => number): number {
  return items.reduce((highestYet, item) => Math.max(highestYet, randomnessOf(item)), -1)
}

/** @throws where the bytes are no request. */
export function thinJson(bytes: Uint8Array, goes: Goes): Thinned {
  const { request, names } = parsed(bytes)
  const before = request.resourceSpans.flatMap(spansOf).length
  for (const resource of request.resourceSpans) {
    for (const scope of resource.scopeSpans ?? []) {
      if (!scope.spans?.length) continue
      scope.spans = scope.spans.filter((span) => !goes(randomnessOfSpan(span)))
    }
    if (resource.scopeSpans) resource.scopeSpans = resource.scopeSpans.filter((scope) => scope.spans?.length !== 0)
  }
  request.resourceSpans = request.resourceSpans.filter((resource) => resource.scopeSpans?.length !== 0)
  const kept = request.resourceSpans.flatMap(spansOf).length
  if (kept === 0) return { rest: undefined, dropped: before }
  return { rest: kept === before ? bytes : written(request, names), dropped: before - kept }
}

function spansOf(resource: ResourceSpansInJson): SpanInJson[] {
  return (resource.scopeSpans ?? []).flatMap((scope) => scope.spans ?? [])
}

function randomnessOfSpan({ traceId, traceState }: SpanInJson): number {
  const explicit = typeof traceState === 'string' ? explicitRandomness(traceState) : undefined
  return explicit ?? randomnessOfId(String(traceId))
}

/** What resources, scopes and items are called in a request; the first is the one that is read here. */
type Names = readonly [string, string, string]
const NAMES_OF_SPANS: Names = ['resourceSpans', 'scopeSpans', 'spans']
const NAMES_OF_OTHERS: readonly Names[] = [
  ['resourceLogs', 'scopeLogs', 'logRecords'],
  ['resourceMetrics', 'scopeMetrics', 'metrics'],
]

/** Log records and metrics under the names of spans. */
function parsed(bytes: Uint8Array): { readonly request: RequestInJson; readonly names: Names } {
  const json = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()) as object
  const names = NAMES_OF_OTHERS.find(([resources]) => resources in json) ?? NAMES_OF_SPANS
  return { request: renamed(json, names, NAMES_OF_SPANS) as RequestInJson, names }
}

function written(request: RequestInJson, names: Names): Uint8Array {
  // A small Buffer is a part of a larger one, which would go along to another thread.
  return new Uint8Array(Buffer.from(JSON.stringify(renamed(request, NAMES_OF_SPANS, names))))
}

function renamed(part: object, from: Names, to: Names, level = 0): object {
  const [name, other] = [from[level], to[level]]
  if (from === to || name === undefined || other === undefined) return part
  const { [name]: inner, ...rest } = part as Readonly<Record<string, object[] | undefined>>
  return inner ? { ...rest, [other]: inner.map((each) => renamed(each, from, to, level + 1)) } : part
}

function lengthOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}
