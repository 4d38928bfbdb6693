import type { OpenCarrier } from './open-carrier.js'
import { safeGetMethod } from '../../internal/checks/safe-get.js'

/** Node's `ClientRequest` and `ServerResponse`, of http and http2. They throw once their headers have been sent. */
export function outgoingMessage(carrier: object): OpenCarrier | undefined {
  const getHeader = safeGetMethod(carrier, 'getHeader')
  const setHeader = safeGetMethod(carrier, 'setHeader')
  if (getHeader === undefined || setHeader === undefined) return undefined
  return {
    keys: () => safeGetMethod(carrier, 'getHeaderNames')?.call(carrier) as string[],
    get: (name) => getHeader.call(carrier, name),
    set(name, value) {
      setHeader.call(carrier, name, value)
      return true
    },
  }
}
