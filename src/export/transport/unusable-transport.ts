import { retryable } from './retryable.js'
import type { Transport } from './transport.js'

/** Where the settings name what can't be used: each attempt says so, and the spans wait as they do in an outage. */
export function unusableTransport(endpoint: string, reason: string): Transport {
  return {
    endpoint,
    send: () => Promise.resolve(retryable(reason, { isUnreachable: true })),
    close: () => undefined,
  }
}
