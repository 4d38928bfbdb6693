import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { InFlightBatches } from '../../../src/export/delivery/in-flight-batches.js'
import { splitIds } from '../../../src/export/delivery/queued-batch.js'
import { noDeliveryCounts } from '../../../src/export/pipeline/ledger.js'
import { batchOf, spanNames, type Format } from './requests.js'
import { ACCEPTED, BUSY, heard, MemorySpool, rig, TOO_LARGE, type Rig, type RigOptions } from './rig.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const KIB = 1_024
const named = (count: number, padding: number): { randomness: string; name: string; padding: number }[] =>
  Array.from({ length: count }, (_, n) => ({ randomness: n.toString(16), name: `span ${n}`, padding }))
const names = (count: number): string[] => named(count, 0).map(({ name }) => name)

/** A backend that takes requests of at most so many bytes. */
function limited(mostBytes: number, options: RigOptions = {}): Rig & { readonly arrived: () => string[] } {
  const r = rig(options)
  const arrived: string[] = []
  r.transport.respond = (bytes) => {
    if (bytes.byteLength > mostBytes) return TOO_LARGE
    arrived.push(...spanNames(bytes))
    return ACCEPTED
  }
  return { ...r, arrived: () => arrived }
}

/** What the process that the events are told to would count. */
function counted({ events }: Rig, batch: { bytes: Uint8Array; spans: number; id: number }): object {
  const counts = noDeliveryCounts()
  const accounts = new InFlightBatches(counts)
  const { id } = accounts.open(batch.bytes, batch.spans)
  counts.queued = batch.spans
  // Ids of its own: as far behind as the batch was.
  const shift = batch.id - id
  for (const event of events) {
    if (!('id' in event)) continue
    const halves = 'halves' in event ? event.halves.map((half) => ({ ...half, id: half.id - shift })) : []
    accounts.onEvent({ ...event, id: event.id - shift, ...(halves.length > 0 && { halves }) })
  }
  return { ...counts, bytes: accounts.bytes }
}

const NOTHING = { ...noDeliveryCounts(), bytes: 0 }

describe.each<Format>(['protobuf', 'json'])('%s', (format) => {
  test('what is too large is halved until it is taken, and every span arrives once, in order', async () => {
    const r = limited(10 * KIB)
    const batch = batchOf(named(50, KIB), format)
    r.delivery.add(batch)
    await vi.advanceTimersByTimeAsync(0)
    expect(r.arrived().toSorted()).toEqual(names(50).toSorted())
    expect(counted(r, batch)).toEqual({ ...NOTHING, exported: 50 })
    expect(r.told()).not.toContain('trouble')
  })

  test('one span that is too large alone is dropped, counted and told, and the others arrive', async () => {
    const r = limited(10 * KIB)
    const specs = named(8, KIB).map((spec, n) => (n === 5 ? { ...spec, padding: 20 * KIB } : spec))
    const batch = batchOf(specs, format)
    r.delivery.add(batch)
    await heard()
    expect(r.arrived().toSorted()).toEqual(names(8).filter((name) => name !== 'span 5'))
    expect(counted(r, batch)).toEqual({ ...NOTHING, exported: 7, droppedExportFailed: 1 })
    expect(r.events).toContainEqual(expect.objectContaining({ kind: 'settled', failed: 1, reason: 'HTTP 413' }))
    expect(r.told()).not.toContain('trouble')
  })

  test('nothing over 1 MiB is sent to begin with, but for a span that is larger alone', async () => {
    const r = limited(Infinity, { outageBufferBytes: 1e8 })
    const large = batchOf(named(300, 10 * KIB), format)
    r.delivery.add(large)
    const alone = batchOf([{ randomness: '1', name: 'alone', padding: 2 * KIB * KIB }], format)
    r.delivery.add(alone)
    await heard()
    const sizes = r.transport.sent.map(({ bytes }) => bytes.byteLength)
    expect(sizes.filter((size) => size > KIB * KIB)).toEqual([alone.bytes.byteLength])
    expect(r.arrived()).toHaveLength(301)
  })
})

test('the size that the backend did not take is not tried again with what comes later', async () => {
  const r = limited(200 * KIB)
  r.delivery.add(batchOf(named(80, 10 * KIB)))
  await heard()
  const attempts = r.transport.sent.length
  r.delivery.add(batchOf(named(80, 10 * KIB)))
  await heard()
  const later = r.transport.sent.slice(attempts).map(({ bytes }) => bytes.byteLength)
  expect(later.length).toBeGreaterThan(0)
  expect(Math.max(...later)).toBeLessThanOrEqual(200 * KIB)
  expect(r.arrived()).toHaveLength(160)
})

test('a flush waits for the halves, and not for what comes after it', async () => {
  const { delivery, transport, told } = rig()
  const batch = batchOf(named(4, KIB))
  delivery.add(batch)
  let isDone = false
  const flushed = delivery.flush(5_000).then(() => (isDone = true))
  delivery.add(batchOf(named(2, KIB)))
  transport.sent[0]?.answer(TOO_LARGE)
  await heard()
  transport.sent[2]?.answer(ACCEPTED)
  await heard()
  expect(isDone).toBe(false)
  transport.sent[3]?.answer(ACCEPTED)
  await flushed
  expect(told()).toContain(`split ${batch.id} 2+2`)
})

test('from the spool, own and adopted, the halves go there before the whole is removed', async () => {
  const spool = new MemorySpool()
  const batch = batchOf(named(16, KIB))
  spool.entries.set('left behind', { bytes: batchOf(named(16, KIB), 'json').bytes, spans: 16 })
  spool.left.push('left behind')
  const r = limited(5 * KIB, { spool })
  const { respond } = r.transport
  r.transport.respond = () => BUSY
  r.delivery.add(batch)
  await vi.advanceTimersByTimeAsync(500)
  expect(spool.entries.size).toBe(2)
  r.transport.respond = (bytes) => {
    const { size } = spool.entries
    // Whatever is under way is on disk, too.
    expect(size).toBeGreaterThan(0)
    return respond(bytes)
  }
  await vi.advanceTimersByTimeAsync(60_000)
  expect(r.arrived().toSorted()).toEqual([...names(16), ...names(16)].toSorted())
  expect(counted(r, batch)).toEqual({ ...NOTHING, exported: 16 })
  expect(spool.entries.size).toBe(0)
})

test('bytes that are no request are dropped as a whole', async () => {
  const r = limited(0)
  const batch = { ...batchOf(named(4, 10)), bytes: new Uint8Array([0x0a, 0xff]) }
  r.delivery.add(batch)
  await heard()
  expect(counted(r, batch)).toEqual({ ...NOTHING, droppedExportFailed: 4 })
})

test('ids of halves lie before the id of the whole, and are never those of another', () => {
  const all = new Set<number>()
  const halve = (id: number, most: number, levels: number): void => {
    expect(id > most - 1 && id <= most).toBe(true)
    expect(all.has(id)).toBe(false)
    all.add(id)
    if (levels > 0) for (const half of splitIds(id)) halve(half, most, levels - 1)
  }
  halve(1, 1, 9)
  halve(2, 2, 9)
  const deepest = Array.from({ length: 20 }).reduce<number>((id) => splitIds(id)[1], 2 ** 31)
  expect(deepest).toBeLessThan(2 ** 31)
  expect(splitIds(deepest)[0]).not.toBe(splitIds(deepest)[1])
})
