import { headerList } from './header-list.js'
import { keyedStore } from './keyed-store.js'
import type { OpenCarrier } from './open-carrier.js'
import { plainObject } from './plain-object.js'
import { safeGet } from '../../internal/checks/safe-get.js'
import { isObject, readObject } from './property.js'

/**
 * Whatever keeps its headers under `headers`: requests and responses of fetch and Node's http, options of both, messages of
 * Kafka, NATS and AMQP, events of API gateways. `headers: undefined` becomes an object when there is something to write.
 */
export function withHeaders(carrier: object): OpenCarrier | undefined {
  if (!('headers' in carrier)) return undefined
  const headers = safeGet(carrier, 'headers')
  return headers === undefined || headers === null || isObject(headers) ? headersUnder(carrier, 'headers') : undefined
}

/** Opens the headers that something has under a key. */
export function headersUnder(holder: object, key: string): OpenCarrier {
  const open = (): OpenCarrier | undefined => {
    const headers = readObject(holder, key)
    return headers && (keyedStore(headers) ?? headerList(headers) ?? plainObject(headers))
  }
  return {
    keys: () => open()?.keys() ?? [],
    get: (name) => open()?.get(name),
    set(name, value) {
      const headers = safeGet(holder, key)
      if ((headers === undefined || headers === null) && !Reflect.set(holder, key, {})) return false
      return open()?.set(name, value) ?? false
    },
  }
}
