import type { ReceivedResource } from '../model/received-span.js'
import type { DraftNode } from './span-node.js'

/** How exact clocks are that a time service keeps right. */
const TOLERANCE_MICROS = 5_000
/** A clock that is wrong by more is no clock. */
const MOST_MICROS = 3_600_000_000

/** Calls between two processes that cannot have been at the times that the spans have. */
export interface ClockSkew {
  /** Services of the client and the server. */
  readonly from: string
  readonly to: string
  /** How many calls there are between them, and how many of them are impossible by the clocks as they are. */
  readonly calls: number
  readonly impossibleCalls: number
  /**
   * By how much the server's spans are shown later (below 0: earlier). `undefined` where no single value makes all
   * calls possible: then nothing is moved, and the times of the two simply disagree.
   */
  readonly shiftMicros: number | undefined
}

interface Pair {
  readonly from: string
  readonly to: string
  calls: number
  impossibleCalls: number
  least: number
  most: number
}

/**
 * A server works while its client waits: each call between two processes bounds how far their clocks are apart. Only
 * where these bounds prove a clock wrong are its spans moved, by as little as makes every call possible. Sets
 * `shiftMicros` of the nodes; `order` has parents before children.
 */
export function correctClocks(order: readonly DraftNode[]): ClockSkew[] {
  const processes = new Map<ReceivedResource, string>()
  const processOf = (resource: ReceivedResource): string => {
    const known = processes.get(resource)
    if (known !== undefined) return known
    const key = processKeyOf(resource)
    processes.set(resource, key)
    return key
  }
  const pairs = pairsIn(order, processOf)
  const wrong = [...pairs].filter(([, { least, most }]) => least > 0 || most < 0)
  if (wrong.length > 0) shift(order, new Map(wrong), processOf)
  return wrong.map(([, { least, most, ...pair }]) => ({
    from: pair.from,
    to: pair.to,
    calls: pair.calls,
    impossibleCalls: pair.impossibleCalls,
    shiftMicros: shiftOf(least, most),
  }))
}

function pairsIn(order: readonly DraftNode[], processOf: (resource: ReceivedResource) => string): Map<string, Pair> {
  const pairs = new Map<string, Pair>()
  for (const server of order) {
    const client = server.parent
    if (client === undefined || !isCall(client, server)) continue
    const key = pairKey(processOf(client.span.resource), processOf(server.span.resource))
    const pair = pairs.get(key) ?? {
      from: client.span.resource.service,
      to: server.span.resource.service,
      calls: 0,
      impossibleCalls: 0,
      least: -Infinity,
      most: Infinity,
    }
    const least = client.span.startMicros - server.span.startMicros - TOLERANCE_MICROS
    const most = (client.span.endMicros ?? 0) - (server.span.endMicros ?? 0) + TOLERANCE_MICROS
    pair.calls += 1
    if (least > 0 || most < 0) pair.impossibleCalls += 1
    pair.least = Math.max(pair.least, least)
    pair.most = Math.min(pair.most, most)
    pairs.set(key, pair)
  }
  return pairs
}

/** A call whose server took longer than its client waited says nothing: the client gave up, or got half of it. */
function isCall({ span: client }: DraftNode, { span: server }: DraftNode): boolean {
  if (client.kind !== 'client' || server.kind !== 'server') return false
  if (client.endMicros === undefined || server.endMicros === undefined) return false
  if (server.endMicros - server.startMicros > client.endMicros - client.startMicros + TOLERANCE_MICROS) return false
  return client.resource !== server.resource && !haveOneClock(client.resource, server.resource)
}

function haveOneClock(a: ReceivedResource, b: ReceivedResource): boolean {
  const host = hostOf(a)
  return (host !== undefined && host === hostOf(b)) || processKeyOf(a) === processKeyOf(b)
}

function hostOf({ attributes }: ReceivedResource): string | undefined {
  const host = attributes['host.id'] ?? attributes['host.name']
  return typeof host === 'string' && host !== '' ? host : undefined
}

function processKeyOf(resource: ReceivedResource): string {
  const instance = resource.attributes['service.instance.id']
  const place = typeof instance === 'string' ? instance : (hostOf(resource) ?? '')
  return `${resource.service}\n${place}`
}

function pairKey(from: string, to: string): string {
  return `${from}\n\n${to}`
}

function shiftOf(least: number, most: number): number | undefined {
  if (least > most) return undefined
  const nearest = least > 0 ? least : most
  return Math.abs(nearest) > MOST_MICROS ? undefined : nearest
}

/** A process has one clock: the first call that leads into it decides, and what it calls is moved along. */
function shift(
  order: readonly DraftNode[],
  pairs: ReadonlyMap<string, Pair>,
  processOf: (resource: ReceivedResource) => string,
): void {
  const shifts = new Map<string, number>()
  for (const node of order) {
    const process = processOf(node.span.resource)
    let own = shifts.get(process)
    if (own === undefined) {
      const { parent } = node
      const pair = parent && pairs.get(pairKey(processOf(parent.span.resource), process))
      own = (parent?.shiftMicros ?? 0) + ((pair && shiftOf(pair.least, pair.most)) ?? 0)
      shifts.set(process, own)
    }
    node.shiftMicros = own
  }
}
