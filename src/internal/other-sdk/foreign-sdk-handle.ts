import type { RegisteredProvider } from './other-sdk.js'
import { setRunningFlush, type RunningFlush } from '../process-exit/running-flush.js'
import { settledWithin } from '../async/settled-within.js'

/** What a handle can do for an SDK that is not ours. */
interface Guest {
  flush(options?: { timeoutMillis?: number }): Promise<void>
  /** Flushes. The SDK runs on: it is stopped by whoever has started it. */
  shutdown(options?: { timeoutMillis?: number }): Promise<void>
}

/** Flushes another SDK's provider, for the handle and for `withFlush`, until it is shut down. */
export function foreignSdkHandle(provider: RegisteredProvider, longestMillis: number, ended: () => void): Guest {
  const flush: RunningFlush = ({ timeoutMillis }) =>
    settledWithin(timeoutMillis, 'sending spans by the other SDK', () => [Promise.resolve(provider.forceFlush?.())])
  setRunningFlush(flush)
  return {
    flush: async ({ timeoutMillis = longestMillis } = {}) => {
      await flush({ timeoutMillis })
    },
    shutdown: async ({ timeoutMillis = longestMillis } = {}) => {
      await flush({ timeoutMillis })
      setRunningFlush(undefined)
      ended()
    },
  }
}
