import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { EncodedBatch } from '../../../src/export/delivery/queued-batch.js'
import { batchOf, decoded, spanNames, type SpanSpec } from './requests.js'
import { ACCEPTED, BUSY, heard, rig, type Rig } from './rig.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Sixteen traces, from randomness 0 to f. */
const traces = (rest: string): SpanSpec[] =>
  Array.from({ length: 16 }, (_, n) => ({ randomness: n.toString(16) + rest, name: n.toString(16), padding: 500 }))
const TRACES = traces('0000000000000')

const sixteen = (): EncodedBatch => batchOf(TRACES)
const sixteenOthers = (): EncodedBatch => batchOf(traces('1000000000000'))
const SIZE = sixteen().bytes.byteLength
const BOUND = 8 * SIZE

/** An outage; one batch has failed and waits. */
async function inOutage(first = sixteen()): Promise<Rig> {
  const r = rig({ outageBufferBytes: BOUND })
  r.transport.respond = () => BUSY
  r.delivery.add(first)
  await heard()
  return r
}

/** The events of this kind. */
const shed = ({ events }: Rig) => events.filter((event) => event.kind === 'shed')

const names = (bytes: Uint8Array | undefined): string => (bytes ? spanNames(bytes).join('') : '')

test('up to the bound nothing is shed', async () => {
  const r = await inOutage()
  for (let n = 1; n < 8; n++) r.delivery.add(sixteen())
  expect(shed(r)).toEqual([])
})

test('beyond it whole traces go, those of the lowest randomness, until an eighth is free', async () => {
  const first = sixteen()
  const r = await inOutage(first)
  const batches = [...Array.from({ length: 8 }, sixteen)]
  for (const batch of batches) r.delivery.add(batch)
  // Nine batches of sixteen; to come to seven of eight, four traces of sixteen must go from each.
  expect(shed(r).map(({ id, spans, rest }) => [id, spans, names(rest)])).toEqual(
    [...batches, first].map(({ id }) => [id, 4, '456789abcdef']),
  )
})

test('what is left is what is sent', async () => {
  const r = await inOutage()
  for (let n = 0; n < 8; n++) r.delivery.add(sixteen())
  r.transport.respond = () => ACCEPTED
  await vi.advanceTimersByTimeAsync(1_000)
  const sent = r.transport.sent.slice(1)
  expect(sent.map(({ bytes }) => names(bytes))).toEqual(Array(9).fill('456789abcdef'))
  expect(r.told().filter((text) => text.endsWith(' 12/0'))).toHaveLength(9)
  expect(decoded(sent[0]?.bytes ?? new Uint8Array())).toEqual(decoded(batchOf(TRACES.slice(4)).bytes))
})

test('spans of a trace that is gone go also when they come later', async () => {
  const r = await inOutage()
  for (let n = 0; n < 8; n++) r.delivery.add(sixteen())
  const late = batchOf([{ randomness: '30000000000000' }, { randomness: '40000000000000', name: 'stays' }])
  const lost = batchOf([{ randomness: '30000000000001' }])
  r.delivery.add(late)
  r.delivery.add(lost)
  expect(shed(r).slice(-2)).toMatchObject([
    { id: late.id, spans: 1 },
    { id: lost.id, spans: 1, rest: undefined },
  ])
  expect(names(shed(r).at(-2)?.rest)).toBe('stays')
})

test('after the outage, when nothing waits, everything is kept again', async () => {
  const r = await inOutage()
  for (let n = 0; n < 8; n++) r.delivery.add(sixteen())
  const before = shed(r).length
  r.transport.respond = () => ACCEPTED
  await vi.advanceTimersByTimeAsync(1_000)
  r.delivery.add(sixteenOthers())
  expect(shed(r)).toHaveLength(before)
})

test('after the outage, too, what comes of a trace that was cut goes, until a minute has passed', async () => {
  const r = await inOutage()
  for (let n = 0; n < 8; n++) r.delivery.add(sixteen())
  const before = shed(r).length
  r.transport.respond = () => ACCEPTED
  await vi.advanceTimersByTimeAsync(1_000)
  r.delivery.add(sixteen())
  expect(shed(r).slice(before)).toMatchObject([{ spans: 4 }])
  await vi.advanceTimersByTimeAsync(61_000)
  r.delivery.add(sixteenOthers())
  r.delivery.add(sixteen())
  expect(shed(r)).toHaveLength(before + 1)
})

test('the second overflow takes the next traces', async () => {
  const r = await inOutage()
  const last = Array.from({ length: 10 }, sixteen)
  for (const batch of last) r.delivery.add(batch)
  const rests = new Map(r.events.flatMap((event) => (event.kind === 'shed' ? [[event.id, names(event.rest)]] : [])))
  expect(new Set(rests.values()).size).toBe(1)
  expect([...rests.values()][0]).toBe('6789abcdef')
})

test('what is being sent is left alone, and loses its share when it comes back', async () => {
  const r = rig({ outageBufferBytes: BOUND })
  const batches = Array.from({ length: 9 }, sixteen)
  for (const batch of batches) r.delivery.add(batch)
  expect(r.transport.sent).toHaveLength(4)
  const early = shed(r).map(({ id }) => id)
  expect(early).toEqual(batches.slice(4).map(({ id }) => id))
  const { id } = batches[0] ?? sixteen()
  r.transport.sent[0]?.answer(BUSY)
  await heard()
  expect(r.told().slice(-3)).toEqual([`waiting ${id}`, `shed ${id} 7`, 'attempt-failed'])
})

describe('while there are others, traces stay', () => {
  const early = (): EncodedBatch => batchOf([{ randomness: '10000000000000', name: 'early' }])

  /** The first spans of trace 1 are being sent when the buffer overflows. */
  async function overflowWhileSending(): Promise<Rig> {
    const r = await inOutage(early())
    r.transport.respond = () => undefined
    await vi.advanceTimersByTimeAsync(1_000)
    for (let n = 0; n < 9; n++) r.delivery.add(sixteen())
    return r
  }

  test('of which spans are being sent', async () => {
    const r = await overflowWhileSending()
    expect(shed(r).map(({ rest }) => names(rest))).toEqual(Array(9).fill('1456789abcdef'))
  })

  test('of which spans have arrived, also at the next overflow', async () => {
    const r = await overflowWhileSending()
    const before = shed(r).length
    r.transport.sent.at(-1)?.answer(ACCEPTED)
    await heard()
    for (let n = 0; n < 12; n++) r.delivery.add(sixteen())
    const later = new Set(
      shed(r)
        .slice(before)
        .map(({ rest }) => names(rest)),
    )
    expect([...later].at(-1)).toMatch(/^1[^1-5]+$/)
  })

  test('and go at the next overflow where what was sent has not arrived', async () => {
    const r = await overflowWhileSending()
    r.transport.respond = () => BUSY
    r.transport.sent.at(-1)?.answer(BUSY)
    await heard()
    for (let n = 0; n < 4; n++) r.delivery.add(sixteen())
    expect(
      shed(r)
        .flatMap(({ rest }) => names(rest))
        .at(-1),
    ).toMatch(/^[^1]+$/)
  })
})

test('a batch that can be sent at once is not shed for the room it takes', () => {
  const r = rig({ outageBufferBytes: SIZE / 2 })
  for (let n = 0; n < 4; n++) r.delivery.add(sixteen())
  expect(r.transport.sent).toHaveLength(4)
  expect(shed(r)).toEqual([])
})

test('where not even one span has room, the next batch is tried all the same', async () => {
  const r = rig({ outageBufferBytes: 10 })
  r.transport.respond = () => BUSY
  r.delivery.add(sixteen())
  await vi.advanceTimersByTimeAsync(1_000)
  expect(shed(r)).toMatchObject([{ spans: 16, rest: undefined }])
  r.transport.respond = () => ACCEPTED
  const next = sixteenOthers()
  r.delivery.add(next)
  await heard()
  expect(r.told()).toContain(`settled ${next.id} 16/0`)
})

test('what is shed does not keep a flush', async () => {
  const r = rig({ outageBufferBytes: 2 * SIZE })
  for (let n = 0; n < 5; n++) r.delivery.add(sixteen())
  const flushed = r.delivery.flush(60_000)
  for (const sent of r.transport.sent) sent.answer(ACCEPTED)
  await heard()
  await flushed
  expect(shed(r)).toMatchObject([{ rest: undefined }])
})

test('a batch that stays bad does not keep the floor, once no other waits', async () => {
  const bad = batchOf([{ randomness: 'f0000000000000' }])
  const r = await inOutage(bad)
  for (let n = 0; n < 9; n++) r.delivery.add(sixteen())
  const before = shed(r).length
  expect(before).toBeGreaterThan(0)
  r.transport.respond = (bytes) => (bytes === bad.bytes ? BUSY : ACCEPTED)
  await vi.advanceTimersByTimeAsync(30_000)
  for (let n = 0; n < 3; n++) {
    r.delivery.add(sixteenOthers())
    await vi.advanceTimersByTimeAsync(30_000)
  }
  expect(shed(r)).toHaveLength(before)
})

describe('where what is left of batches has to be taken over by somebody,', () => {
  const LEFT = '456789abcdef'

  test('no more is shed than that takes, and the rest when it goes on', async () => {
    let isTaken = false
    const r = rig({ outageBufferBytes: BOUND, takesRests: () => isTaken })
    r.transport.respond = () => BUSY
    for (let n = 0; n < 9; n++) {
      r.delivery.add(sixteen())
      await heard()
    }
    await vi.advanceTimersByTimeAsync(300)
    expect(shed(r)).toEqual([])
    isTaken = true
    r.delivery.resume()
    expect(shed(r).map(({ rest }) => names(rest))).toEqual(Array(9).fill(LEFT))
  })

  test('a batch that is sent before that has lost its share, too', async () => {
    const r = rig({ outageBufferBytes: BOUND, takesRests: () => false })
    r.transport.respond = () => BUSY
    for (let n = 0; n < 9; n++) {
      r.delivery.add(sixteen())
      await heard()
    }
    const before = r.transport.sent.length
    r.transport.respond = () => ACCEPTED
    await vi.advanceTimersByTimeAsync(3_000)
    expect(r.transport.sent.slice(before).map(({ bytes }) => names(bytes))).toEqual(Array(9).fill(LEFT))
  })
})

test('what was shed, spooled or sent is released, and nothing else', async () => {
  const released: Uint8Array[] = []
  const r = rig({ outageBufferBytes: BOUND, release: (bytes) => void released.push(bytes) })
  r.transport.respond = () => BUSY
  const batches = Array.from({ length: 9 }, sixteen)
  for (const batch of batches) {
    r.delivery.add(batch)
    await heard()
  }
  const bytes = batches.map((batch) => batch.bytes)
  expect(new Set(released)).toEqual(new Set(bytes))
  r.transport.respond = () => ACCEPTED
  await vi.advanceTimersByTimeAsync(3_000)
  const sent = r.transport.sent.slice(-9).map((each) => each.bytes)
  expect(released).toHaveLength(18)
  expect(new Set(released.slice(9))).toEqual(new Set(sent))
})
