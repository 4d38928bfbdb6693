import { expect, test } from 'vitest'
import { InFlightBatches } from '../../../src/export/delivery/in-flight-batches.js'
import { noDeliveryCounts } from '../../../src/export/pipeline/ledger.js'

const NO_REASON = { failed: 0, reason: '' }

function inFlight() {
  const counts = { ...noDeliveryCounts(), queued: 6 }
  const released: Uint8Array[] = []
  const batches = new InFlightBatches(counts, (bytes) => void released.push(bytes))
  return { counts, released, batches }
}

test('a batch that is on disk takes no memory any more, also while it is sent from there', () => {
  const { counts, released, batches } = inFlight()
  const bytes = new Uint8Array(1_000)
  const { id } = batches.open(bytes, 6)
  expect(batches.bytes).toBe(1_000)
  batches.onEvent({ kind: 'spooled', id })
  expect(batches.bytes).toBe(0)
  expect(released).toEqual([bytes])
  batches.onEvent({ kind: 'exporting', id, again: false })
  expect(counts).toMatchObject({ exporting: 6, spooled: 0 })
  // Of another delivery it would be the spool's, and not ours to send.
  expect(batches.inMemory()).toEqual([])
  expect(counts).toMatchObject({ exporting: 0, spooled: 6 })
})

test('the memory of a batch is released once: when it is settled, or something else has taken its place', () => {
  const { counts, released, batches } = inFlight()
  const [first, second, rest] = [new Uint8Array(100), new Uint8Array(200), new Uint8Array(50)]
  const { id } = batches.open(first, 2)
  const other = batches.open(second, 4)
  batches.onEvent({ kind: 'shed', id: other.id, spans: 3, rest })
  expect(released).toEqual([second])
  expect(batches.bytes).toBe(150)
  batches.onEvent({ kind: 'settled', id, exported: 2, ...NO_REASON })
  batches.onEvent({ kind: 'settled', id: other.id, exported: 1, ...NO_REASON })
  expect(released).toEqual([second, first, rest])
  expect(batches).toMatchObject({ bytes: 0, isEmpty: true })
  expect(counts).toMatchObject({ queued: 0, exported: 3, droppedOutageBuffer: 3 })
})
