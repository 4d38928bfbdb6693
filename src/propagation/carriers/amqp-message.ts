import type { OpenCarrier } from './open-carrier.js'
import { readObject } from './property.js'
import { headersUnder } from './with-headers.js'

/**
 * A message of amqplib (`{ fields, properties: { headers } }`), or anything else with `properties.headers`. Publish options
 * have `headers` themselves.
 */
export function amqpMessage(carrier: object): OpenCarrier | undefined {
  const properties = readObject(carrier, 'properties')
  if (properties === undefined) return undefined
  return 'headers' in properties || 'fields' in carrier ? headersUnder(properties, 'headers') : undefined
}
