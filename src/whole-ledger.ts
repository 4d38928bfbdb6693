import type { LogRecordProcessor } from '@opentelemetry/sdk-logs'
import type { SpanProcessor } from '@opentelemetry/sdk-trace'
import { BatchSpanProcessor } from './export/pipeline/batch-span-processor.js'
import { BatchLogRecordProcessor } from './export/logs/batch-log-record-processor.js'
import { noDeliveryCounts, type LogLedger, type TracingLedger } from './export/pipeline/ledger.js'
import type { SamplingCounts } from './sampling/tail/tail-decisions.js'

/**
 * The ledger of sampling and of delivery as one. Of several pipelines, the first of ours is the one that counts. Where only
 * processors of others are, spans are exported when they are passed on; where there is nobody at all, nothing is kept.
 */
export function wholeLedger(counts: Readonly<SamplingCounts>, senders: readonly SpanProcessor[]): TracingLedger {
  const { started, open, notRecorded, undecided, sampledOut, passedOn } = counts
  const rest = { started, open, notRecorded, undecided, sampledOut }
  const own = senders.find((sender) => sender instanceof BatchSpanProcessor)
  if (own) return { ...own.ledger(), ...rest }
  if (senders.length > 0) return { ...noDeliveryCounts(), ...rest, exported: passedOn }
  return { ...noDeliveryCounts(), ...rest, sampledOut: sampledOut + passedOn }
}

/** Of several pipelines, the first one of ours is the one that counts. */
export function logLedgerOf(processors: readonly LogRecordProcessor[]): LogLedger {
  const own = processors.find((processor) => processor instanceof BatchLogRecordProcessor)
  return own?.ledger() ?? { emitted: 0, ...noDeliveryCounts() }
}
