import { headerList } from './header-list.js'
import { keyedStore } from './keyed-store.js'
import { readObject, type OpenCarrier } from './open-carrier.js'
import { plainObject } from './plain-object.js'
import { safeGet, isObject } from '../../internal/checks/safe-get.js'

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
  let known: object | undefined
  let opened: OpenCarrier | undefined
  const open = (): OpenCarrier | undefined => {
    const headers = readObject(holder, key)
    if (headers !== known) opened = headers && (keyedStore(headers) ?? headerList(headers) ?? plainObject(headers))
    known = headers
    return opened
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

/**
 * A message of amqplib (`{ fields, properties: { headers } }`), or anything else with `properties.headers`. Publish options
 * have `headers` themselves.
 */
export function amqpMessage(carrier: object): OpenCarrier | undefined {
  const properties = readObject(carrier, 'properties')
  if (properties === undefined) return undefined
  return 'headers' in properties || 'fields' in carrier ? headersUnder(properties, 'headers') : undefined
}

/** User properties of MQTT 5: a packet or publish options of MQTT.js (`{ qos, properties: {} }`), or `properties` alone. */
export function mqttPacket(carrier: object): OpenCarrier | undefined {
  if ('userProperties' in carrier) return headersUnder(carrier, 'userProperties')
  const properties = readObject(carrier, 'properties')
  if (properties === undefined) return undefined
  const isMqtt = 'userProperties' in properties || 'qos' in carrier || 'topic' in carrier
  return isMqtt ? headersUnder(properties, 'userProperties') : undefined
}

/** A fetch `Request`. One whose headers are immutable is replaced by a new one, which takes over its body. */
export function fetchRequest(carrier: object): OpenCarrier | undefined {
  if (!(carrier instanceof Request)) return undefined
  let request = carrier
  return {
    ...headersUnder(carrier, 'headers'),
    set(name, value) {
      if (!takes(request, name, value)) {
        const headers = new Headers(request.headers)
        headers.set(name, value)
        request = new Request(request, { headers })
      }
      return true
    },
    replacement: () => request,
  }
}

function takes({ headers }: Request, name: string, value: string): boolean {
  try {
    headers.set(name, value)
    return true
  } catch {
    return false
  }
}
