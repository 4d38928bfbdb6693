import { expect, test } from 'vitest'
import { OutageBuffer } from '../../../src/export/delivery/outage-buffer.js'
import { ownBatch } from '../../../src/export/delivery/queued-batch.js'
import { BatchQueues } from '../../../src/export/delivery/batch-queues.js'
import type { DeliveryEvent } from '../../../src/export/delivery/events.js'

test('of requests that hold no traces, the oldest go when the buffer is full, and the rest stays', () => {
  const told: DeliveryEvent[] = []
  const lines = new BatchQueues()
  const report = (event: DeliveryEvent): void => void told.push(event)
  const parts = { queues: lines, maxBytes: 100, shedsOldest: true, spool: undefined, release: undefined }
  const buffer = new OutageBuffer({
    ...parts,
    report,
    onGone: () => undefined,
    onHalf: () => undefined,
    sending: () => [],
  })
  for (const id of [1, 2, 3]) buffer.add(ownBatch({ id, bytes: new Uint8Array(40), spans: 5 }))
  buffer.makeRoom()
  expect(told).toEqual([{ kind: 'shed', id: 1, spans: 5, rest: undefined }])
  expect([...lines.own()].map(({ id }) => id)).toEqual([2, 3])
})
