import type { OpenCarrier } from './open-carrier.js'
import { readObject } from './property.js'
import { headersUnder } from './with-headers.js'

/** User properties of MQTT 5: a packet or publish options of MQTT.js (`{ qos, properties: {} }`), or `properties` alone. */
export function mqttPacket(carrier: object): OpenCarrier | undefined {
  if ('userProperties' in carrier) return headersUnder(carrier, 'userProperties')
  const properties = readObject(carrier, 'properties')
  if (properties === undefined) return undefined
  const isMqtt = 'userProperties' in properties || 'qos' in carrier || 'topic' in carrier
  return isMqtt ? headersUnder(properties, 'userProperties') : undefined
}
