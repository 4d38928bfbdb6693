import type { TracingLedger } from '../../../export/pipeline/ledger.js'

type Part = readonly [count: number, words: string]

/** The ledger for people: how many were made, then where they are, without what is zero. */
export function formatLedger(ledger: TracingLedger): readonly string[] {
  const sampled = ledger.started - ledger.notRecorded - ledger.sampledOut - ledger.open - ledger.undecided
  const parts: readonly Part[] = [
    [ledger.notRecorded + ledger.sampledOut, 'left out by the sampler'],
    [ledger.undecided, 'held back, their trace is not decided'],
    [ledger.open, 'never ended'],
    [ledger.queued + ledger.exporting, 'not sent yet'],
    [ledger.spooled, 'in the spool on disk'],
    [ledger.droppedQueueFull, 'dropped: the queue was full'],
    [ledger.droppedOutageBuffer, 'dropped: the outage buffer was full'],
    [ledger.droppedExportFailed, 'refused by the backend'],
    [ledger.droppedAtExit, 'lost as the app ended'],
  ]
  return [
    `${ledger.started} made, ${sampled} sampled, ${ledger.exported} delivered`,
    ...parts.filter(([count]) => count > 0).map(([count, words]) => `${count} ${words}`),
  ]
}
