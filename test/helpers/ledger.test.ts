import { expect, test } from 'vitest'
import type { TracingLedger } from '../../src/export/pipeline/ledger.js'
import { assertLedgerAddsUp } from './ledger.js'

const LEDGER: TracingLedger = {
  started: 78,
  open: 1,
  notRecorded: 2,
  undecided: 3,
  sampledOut: 4,
  queued: 5,
  exporting: 6,
  spooled: 7,
  exported: 8,
  droppedQueueFull: 9,
  droppedOutageBuffer: 10,
  droppedExportFailed: 11,
  droppedAtExit: 12,
}

test('a ledger whose fields add up passes', () => {
  expect(() => assertLedgerAddsUp(LEDGER)).not.toThrow()
})

test.each(Object.keys(LEDGER) as (keyof TracingLedger)[])('one span too many in %s is found', (field) => {
  const wrong = { ...LEDGER, [field]: LEDGER[field] + 1 }
  expect(() => assertLedgerAddsUp(wrong)).toThrow(`does not add up`)
  expect(() => assertLedgerAddsUp(wrong)).toThrow(`"${field}":${wrong[field]}`)
})

test.each([-1, 0.5, Number.NaN, undefined, '1'])('%s is no count', (count) => {
  const wrong = { ...LEDGER, open: count as number }
  expect(() => assertLedgerAddsUp(wrong)).toThrow(`counts ${count} in open`)
})

test('a field that is missing or not known is found, also where the sum is right', () => {
  const { open, ...others } = LEDGER
  expect(() => assertLedgerAddsUp({ ...others, started: 78 - open } as TracingLedger)).toThrow('other fields')
  expect(() => assertLedgerAddsUp({ ...LEDGER, lost: 0 } as TracingLedger)).toThrow('other fields')
})
