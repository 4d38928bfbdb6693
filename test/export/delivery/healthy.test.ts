import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { batchOf, someBatch } from './requests.js'
import { ACCEPTED, BUSY, heard, LOST, REFUSED, rig, ScriptedTransport } from './rig.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('up to four attempts are under way at once, and the next begins when one ends', async () => {
  const { delivery, transport } = rig()
  for (let n = 0; n < 6; n++) delivery.add(someBatch())
  expect(transport.sent).toHaveLength(4)
  transport.sent[2]?.answer(ACCEPTED)
  await heard()
  expect(transport.sent).toHaveLength(5)
})

test('a batch goes out as it came in, with the time that an attempt may take', () => {
  const { delivery, transport } = rig()
  const batch = someBatch()
  delivery.add(batch)
  expect(transport.sent[0]).toMatchObject({ bytes: batch.bytes, timeoutMillis: 10_000 })
})

test('what the backend accepts is exported', async () => {
  const { delivery, transport, events } = rig()
  const batch = batchOf([{ randomness: '1' }, { randomness: '2' }, { randomness: '3' }])
  delivery.add(batch)
  transport.sent[0]?.answer(ACCEPTED)
  await heard()
  expect(events).toEqual([
    { kind: 'exporting', id: batch.id, again: false },
    { kind: 'settled', id: batch.id, exported: 3, failed: 0, reason: '' },
  ])
})

test.each([
  [1, 2, 1],
  [3, 0, 3],
  [4, 0, 3],
  [-1, 3, 0],
  [NaN, 3, 0],
])(
  'of a partial success with %d rejected of 3, %d are exported and %d failed',
  async (rejectedSpans, exported, failed) => {
    const { delivery, transport, events } = rig()
    transport.respond = () => ({ kind: 'success', rejectedSpans, message: 'too old' })
    delivery.add(batchOf([{ randomness: '1' }, { randomness: '2' }, { randomness: '3' }]))
    await heard()
    expect(events.at(-1)).toMatchObject({ kind: 'settled', exported, failed, reason: 'too old' })
    expect(transport.sent).toHaveLength(1)
  },
)

test('what the backend refuses has failed, is a trouble, and does not stop the others', async () => {
  const { delivery, transport, events } = rig()
  delivery.add(batchOf([{ randomness: '1' }, { randomness: '2' }]))
  transport.sent[0]?.answer(REFUSED)
  await heard()
  expect(events.slice(1)).toEqual([
    { kind: 'settled', id: expect.any(Number) as number, exported: 0, failed: 2, reason: 'bad request' },
    { kind: 'attempt-failed', endpoint: 'http://backend:4318', reason: 'bad request' },
  ])
  transport.respond = () => ACCEPTED
  delivery.add(someBatch())
  await heard()
  expect(events.slice(-2)).toMatchObject([{ kind: 'settled', exported: 1 }, { kind: 'recovered' }])
})

test('a batch says that it may arrive twice, once an attempt may have arrived', async () => {
  const { delivery, transport, told } = rig()
  const { id } = someBatch()
  const answers = [BUSY, LOST, BUSY, ACCEPTED]
  transport.respond = () => answers.shift()
  delivery.add({ ...someBatch(), id })
  await vi.advanceTimersByTimeAsync(60_000)
  expect(told().filter((text) => text.startsWith('exporting'))).toEqual([
    `exporting ${id}`,
    `exporting ${id}`,
    `exporting ${id} again`,
    `exporting ${id} again`,
  ])
})

test('whoever listens and throws does not stop the delivery', async () => {
  const { delivery, transport, events } = rig()
  vi.spyOn(events, 'push').mockImplementation(() => {
    throw new Error('the listener is broken')
  })
  transport.respond = () => ACCEPTED
  for (let n = 0; n < 6; n++) delivery.add(someBatch())
  await heard()
  expect(transport.sent).toHaveLength(6)
})

test.each([
  ['throws', 1_000, (): never => raise(new Error('broken'))],
  ['rejects', 1_000, (): Promise<never> => Promise.reject(new Error('broken'))],
  ['never answers', 12_000, (): Promise<never> => new Promise(() => {})],
])('a transport that %s costs time and no spans', async (_name, millis, misbehave) => {
  const transport = new ScriptedTransport()
  transport.respond = () => ACCEPTED
  const send = vi.spyOn(transport, 'send').mockImplementationOnce(misbehave)
  const { delivery, told } = rig({ transport })
  const batch = someBatch()
  delivery.add(batch)
  await vi.advanceTimersByTimeAsync(millis)
  expect(send).toHaveBeenCalledTimes(2)
  expect(told()).toEqual([
    `exporting ${batch.id}`,
    `waiting ${batch.id}`,
    'attempt-failed',
    `exporting ${batch.id} again`,
    `settled ${batch.id} 1/0`,
    'recovered',
  ])
})

test('after close no timer is left, nothing is sent or told, and flushes end', async () => {
  const { delivery, transport, events } = rig()
  delivery.add(someBatch())
  delivery.add(someBatch())
  transport.sent[0]?.answer(BUSY)
  await heard()
  const flushed = delivery.flush(5_000)
  const before = events.length
  delivery.close()
  transport.sent[1]?.answer(ACCEPTED)
  delivery.add(someBatch())
  await flushed
  await delivery.shutdown(5_000)
  expect(vi.getTimerCount()).toBe(0)
  expect(events).toHaveLength(before)
  expect(transport).toMatchObject({ isClosed: true, sent: { length: 2 } })
})

test('twenty thousand batches that wait make no add slow', () => {
  const { delivery } = rig({ outageBufferBytes: 1e9 })
  const { bytes } = someBatch()
  const millisFor = (firstId: number): number => {
    const begin = process.hrtime.bigint()
    for (let n = 0; n < 20_000; n++) delivery.add({ id: firstId + n, bytes, spans: 1 })
    return Number(process.hrtime.bigint() - begin) / 1e6
  }
  millisFor(1)
  // A look at all that wait, for each of 20,000, would be 400 million looks.
  expect(millisFor(100_000)).toBeLessThan(400)
})

function raise(error: Error): never {
  throw error
}

test('the memory of batches that are settled can be freed at once, and counts as room for those that follow', async () => {
  const freed: number[] = []
  const release = (bytes: Uint8Array): void => {
    freed.push(bytes.byteLength)
    ;(bytes.buffer as ArrayBuffer).transfer(0)
  }
  const { byteLength } = someBatch().bytes
  const { delivery, transport, told } = rig({ outageBufferBytes: 3 * byteLength, release })
  transport.respond = () => (transport.sent.length % 2 === 0 ? REFUSED : ACCEPTED)
  for (let n = 0; n < 12; n++) {
    delivery.add(someBatch())
    await heard()
  }
  expect(freed).toHaveLength(12)
  expect(freed).not.toContain(0)
  transport.respond = () => BUSY
  delivery.add(someBatch())
  await heard()
  expect(told().filter((event) => event.startsWith('shed'))).toEqual([])
})
