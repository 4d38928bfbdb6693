import { readObject, type OpenCarrier } from './open-carrier.js'
import { plainObject } from './plain-object.js'
import { safeGet, isObject } from '../../internal/checks/safe-get.js'

/**
 * A job of BullMQ, `{ name, data, opts }`: the fields are JSON in `opts.telemetry.metadata`, where BullMQ's own telemetry
 * keeps them. A job without any has them among its data, maybe.
 */
export function bullmqJob(carrier: object): OpenCarrier | undefined {
  const opts = readObject(carrier, 'opts')
  if (opts === undefined || typeof safeGet(carrier, 'name') !== 'string' || !('data' in carrier)) return undefined
  const source = (): OpenCarrier | undefined => {
    const fields = metadataIn(opts) ?? readObject(carrier, 'data')
    return fields && plainObject(fields)
  }
  return {
    keys: () => source()?.keys() ?? [],
    get: (name) => source()?.get(name),
    set(name, value) {
      const telemetry = readObject(opts, 'telemetry')
      const fields = { ...metadataIn(opts) }
      return (
        // The job's owner has said that nothing shall travel with it.
        (telemetry !== undefined && safeGet(telemetry, 'omitContext') === true) ||
        (plainObject(fields)?.set(name, value) === true &&
          Reflect.set(opts, 'telemetry', { ...telemetry, metadata: JSON.stringify(fields) }))
      )
    },
  }
}

const LONGEST_METADATA = 65_536

function metadataIn(opts: object): object | undefined {
  const metadata = safeGet(readObject(opts, 'telemetry') ?? {}, 'metadata')
  if (typeof metadata !== 'string' || metadata.length > LONGEST_METADATA) return undefined
  try {
    const fields: unknown = JSON.parse(metadata)
    return isObject(fields) ? fields : undefined
  } catch {
    return undefined
  }
}
