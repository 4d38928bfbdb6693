import { isSameName, type CarrierKind, type OpenCarrier } from './open-carrier.js'
import { isObject } from '../../internal/checks/safe-get.js'

/** How headers lie in an array. */
interface Layout {
  /** Places that one header takes. */
  readonly width: 1 | 2
  /** The name and the value at that place. */
  readonly at: (list: readonly unknown[], index: number) => readonly [unknown, unknown]
  readonly make: (name: string, value: string) => unknown[]
}

/** `['accept', '*', …]`: Node's `rawHeaders`, and what its http requests take. */
const RAW: Layout = {
  width: 2,
  at: (list, index) => [list[index], list[index + 1]],
  make: (name, value) => [name, value],
}

/** `[['accept', '*'], …]`: what fetch and Node's http requests take. */
const ENTRIES: Layout = {
  width: 1,
  at: (list, index) => pairOf(list[index]),
  make: (name, value) => [[name, value]],
}

/** `[{ accept: '*' }, …]`: node-rdkafka's headers, and those of Kafka's records in Lambda. */
const RECORDS: Layout = {
  width: 1,
  at(list, index) {
    const record = list[index]
    return pairOf(isObject(record) ? Object.entries(record)[0] : undefined)
  },
  make: (name, value) => [{ [name]: value }],
}

export const rawHeaders: CarrierKind = (carrier) => openList(carrier, RAW)
export const headerEntries: CarrierKind = (carrier) => openList(carrier, ENTRIES)
export const headerRecords: CarrierKind = (carrier) => openList(carrier, RECORDS)

/** Detected by its first item. An empty one is taken for entries, which fetch and Node's http both understand. */
export function headerList(carrier: object): OpenCarrier | undefined {
  if (!Array.isArray(carrier)) return undefined
  const [first] = carrier as unknown[]
  if (typeof first === 'string') return rawHeaders(carrier)
  return isObject(first) && !Array.isArray(first) ? headerRecords(carrier) : headerEntries(carrier)
}

/** An array with holes can be as long as you like. */
const MOST_PLACES = 20_000

function openList(carrier: object, { width, at, make }: Layout): OpenCarrier | undefined {
  if (!Array.isArray(carrier) || carrier.length > MOST_PLACES) return undefined
  const list = carrier as unknown[]
  const places = (name: string): number[] => {
    const found: number[] = []
    for (let index = 0; index < list.length; index += width) {
      const [key] = at(list, index)
      if (typeof key === 'string' && isSameName(key, name)) found.push(index)
    }
    return found
  }
  return {
    keys: () => list.flatMap((_, index) => (index % width === 0 ? (at(list, index)[0] as string) : [])),
    get: (name) => places(name).flatMap((index) => at(list, index)[1]),
    set(name, value) {
      // Half a header at the end would turn all that follows around.
      if (list.length % width !== 0) return false
      for (const index of places(name).reverse()) list.splice(index, width)
      list.push(...make(name, value))
      return true
    },
  }
}

function pairOf(item: unknown): readonly [unknown, unknown] {
  return Array.isArray(item) ? [item[0], item[1]] : [undefined, undefined]
}
