import { NOTHING_FLUSHED } from './export/pipeline/flush-result.js'
import { noSamplingCounts } from './sampling/tail/tail-decisions.js'
import { idleNodeSdk } from './node-sdk.js'
import type { Tracing } from './tracing.js'
import { logLedgerOf, wholeLedger } from './whole-ledger.js'

/** Where nothing is traced: the shape of the handle, and nothing behind it. */
export function offHandle(): Tracing {
  let sdk: Tracing['sdk'] | undefined
  return {
    // Made when it is asked for: making it may fail where tracing could not start.
    get sdk() {
      return (sdk ??= idleNodeSdk())
    },
    setSampler: () => undefined,
    explain: () => undefined,
    ledger: () => wholeLedger(noSamplingCounts(), []),
    logLedger: () => logLedgerOf([]),
    flush: () => Promise.resolve(NOTHING_FLUSHED),
    shutdown: () => Promise.resolve(NOTHING_FLUSHED),
  }
}
