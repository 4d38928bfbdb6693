import type { OpenCarrier } from './open-carrier.js'
import { readMethod } from '../../internal/checks/safe-get.js'

/** Node's `ClientRequest` and `ServerResponse`, of http and http2. They throw once their headers have been sent. */
export function outgoingMessage(carrier: object): OpenCarrier | undefined {
  const getHeader = readMethod(carrier, 'getHeader')
  const setHeader = readMethod(carrier, 'setHeader')
  if (getHeader === undefined || setHeader === undefined) return undefined
  return {
    keys: () => readMethod(carrier, 'getHeaderNames')?.call(carrier) as string[],
    get: (name) => getHeader.call(carrier, name),
    set(name, value) {
      setHeader.call(carrier, name, value)
      return true
    },
  }
}
