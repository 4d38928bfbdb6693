/** What `http.request` takes as headers besides an object: names and values in turn, or pairs of them. Sent as they stand. */
export type HeaderArray = readonly unknown[]

/** The headers by their names in lower case, to be read only. The first of several counts. */
export function readableHeaders(headers: HeaderArray): Record<string, unknown> {
  const readable: Record<string, unknown> = {}
  for (const [name, value] of pairsOf(headers)) readable[lowerCase(name)] ??= value
  return readable
}

/** The same array with these headers in it: at its end, in its own form, in the place of any that have the same name. */
export function withHeaders(headers: HeaderArray, added: Readonly<Record<string, unknown>>): HeaderArray {
  const additions = Object.entries(added)
  if (additions.length === 0 || isIncomplete(headers)) return headers
  const replaced = new Set(additions.map(([name]) => lowerCase(name)))
  const kept = pairsOf(headers).filter(([name]) => !replaced.has(lowerCase(name)))
  const pairs = [...kept, ...additions]
  return hasPairs(headers) ? pairs : pairs.flatMap(([name, value]) => [name, value])
}

function pairsOf(headers: HeaderArray): (readonly [unknown, unknown])[] {
  if (hasPairs(headers)) return headers as (readonly [unknown, unknown])[]
  const pairs: [unknown, unknown][] = []
  for (let i = 0; i < headers.length; i += 2) pairs.push([headers[i], headers[i + 1]])
  return pairs
}

/** Node.js, too, looks at the first one only. */
const hasPairs = (headers: HeaderArray): boolean => Array.isArray(headers[0])

/** A name without a value: Node.js throws, and so it should. */
const isIncomplete = (headers: HeaderArray): boolean =>
  hasPairs(headers) ? !headers.every(Array.isArray) : headers.length % 2 === 1

const lowerCase = (name: unknown): string => String(name).toLowerCase()
