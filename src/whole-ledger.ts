import type { BatchSpanProcessor } from './export/batch-span-processor.js'
import { noDeliveryCounts, type TracingLedger } from './export/ledger.js'
import type { SamplingCounts } from './sampling/sampling-counts.js'

/**
 * The ledger of sampling and of delivery as one. Of several ways out, the first of ours is the one that counts; where there is
 * none, spans are out when they are passed on.
 */
export function wholeLedger(counts: Readonly<SamplingCounts>, sender: BatchSpanProcessor | undefined): TracingLedger {
  const { started, open, notRecorded, undecided, sampledOut, passedOn } = counts
  const delivery = sender?.ledger() ?? { ...noDeliveryCounts(), exported: passedOn }
  return { ...delivery, started, open, notRecorded, undecided, sampledOut }
}
