import { messageOf, warnOnce } from './diagnostics.js'

/**
 * What fn returns. Where it throws, undefined; the failure is logged once: `failure: message of the error`.
 *
 * @param failure what has not been done because of it
 */
export function safely<T>(failure: string, fn: () => T): T | undefined {
  try {
    return fn()
  } catch (error) {
    warnOnce(failure, `${failure}: ${messageOf(error)}`)
    return undefined
  }
}
