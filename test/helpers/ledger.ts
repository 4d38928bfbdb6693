import { AssertionError } from 'node:assert'
import type { TracingLedger } from '../../src/export/pipeline/ledger.js'

/** A field that is missing, or one more, would make the sum mean something else. */
const FIELDS: Readonly<Record<keyof TracingLedger, true>> = {
  started: true,
  open: true,
  notRecorded: true,
  undecided: true,
  sampledOut: true,
  queued: true,
  exporting: true,
  spooled: true,
  exported: true,
  droppedQueueFull: true,
  droppedOutageBuffer: true,
  droppedExportFailed: true,
  droppedAtExit: true,
}

/**
 * Every span is in one place: `started` is the sum of all other fields, and each is a count.
 *
 * @throws AssertionError with all fields
 */
export function assertLedgerAddsUp(ledger: TracingLedger): void {
  const fields = { ...ledger }
  const fail = (problem: string): never => {
    throw new AssertionError({
      message: `the ledger ${problem}: ${JSON.stringify(fields)}`,
      stackStartFn: assertLedgerAddsUp,
    })
  }
  const names = Object.keys(fields).sort().join()
  if (names !== Object.keys(FIELDS).sort().join()) fail('has other fields than it should')
  for (const [name, count] of Object.entries(fields)) {
    if (!Number.isSafeInteger(count) || count < 0) fail(`counts ${count} in ${name}`)
  }
  const { started, ...places } = fields
  const sum = Object.values(places).reduce((total, count) => total + count, 0)
  if (sum !== started) fail(`does not add up, ${started} started and ${sum} are somewhere`)
}
