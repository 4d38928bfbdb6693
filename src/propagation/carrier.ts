import type { TextMapGetter, TextMapSetter } from '@opentelemetry/api'
import { messageOf, warnOnce } from '../internal/diagnostics/diagnostics.js'
import { amqpMessage, fetchRequest, mqttPacket, withHeaders } from './carriers/with-headers.js'
import { awsMessage, attributesIn, messageAttributes, SDK_FORM } from './carriers/aws-message.js'
import { bullmqJob } from './carriers/bullmq-job.js'
import { environment, variables } from './carriers/environment.js'
import { headerEntries, headerList, headerRecords, rawHeaders } from './carriers/header-list.js'
import { isHeaderName, isHeaderValue, textsOf } from './carriers/header-text.js'
import { keyedStore } from './carriers/keyed-store.js'
import type { CarrierKind, OpenCarrier } from './carriers/open-carrier.js'
import { outgoingMessage } from './carriers/outgoing-message.js'
import { plainObject } from './carriers/plain-object.js'

/** The first that knows the shape is used: docs/propagation/carriers.md has the same order. No package is looked for. */
const KINDS: readonly CarrierKind[] = [
  outgoingMessage,
  keyedStore,
  headerList,
  fetchRequest,
  awsMessage,
  amqpMessage,
  mqttPacket,
  bullmqJob,
  withHeaders,
  messageAttributes,
  environment,
  plainObject,
]

/**
 * What a carrier is, where it is empty and its shape can't say: variables for a child process, attributes of an SQS or
 * SNS message, or a list: `['name', 'value']`, `[['name', 'value']]` or `[{ name: 'value' }]`.
 */
export type CarrierForm = 'env' | 'message-attributes' | 'raw-headers' | 'header-entries' | 'header-records'

const FORMS: Readonly<Record<CarrierForm, CarrierKind>> = {
  env: variables,
  'message-attributes': (carrier) => attributesIn(carrier, SDK_FORM),
  'raw-headers': rawHeaders,
  'header-entries': headerEntries,
  'header-records': headerRecords,
}

/** Undefined when it is nothing that could carry anything: a number, a Buffer, a proxy that was revoked. */
export function openCarrier(carrier: unknown, as?: CarrierForm): OpenCarrier | undefined {
  if (typeof carrier !== 'object' || carrier === null) return undefined
  const named = as !== undefined && Object.hasOwn(FORMS, as) ? openedAs(FORMS[as], carrier) : undefined
  if (named !== undefined) return named
  for (const kind of KINDS) {
    const opened = openedAs(kind, carrier)
    if (opened !== undefined) return opened
  }
  return undefined
}

/** Where a proxy throws, the carrier may still be of another kind. */
function openedAs(kind: CarrierKind, carrier: object): OpenCarrier | undefined {
  try {
    return kind(carrier)
  } catch {
    return undefined
  }
}

/** Reads an opened carrier; what throws has nothing. */
export const openedGetter: TextMapGetter<OpenCarrier> = {
  keys(opened) {
    try {
      return opened.keys().filter((key) => typeof key === 'string')
    } catch {
      return []
    }
  },
  get(opened, name) {
    try {
      const texts = textsOf(opened.get(name.toLowerCase()))
      return texts.length > 1 ? texts : texts[0]
    } catch {
      return undefined
    }
  },
}

/** Writes into an opened carrier. What is no header, and a carrier that takes nothing, is logged once. */
export const openedSetter: TextMapSetter<OpenCarrier> = {
  set(opened, name, value) {
    if (!isHeaderName(name) || !isHeaderValue(value)) {
      warnOnce('no header', 'a propagator wrote a value that is not allowed in a header: it was left out of a carrier')
      return
    }
    try {
      if (!opened.set(name, value)) warnUnwritable('it is read-only')
    } catch (error) {
      warnUnwritable(messageOf(error))
    }
  },
}

export function warnUnwritable(reason: string): void {
  warnOnce('no carrier', `trace context could not be written into a carrier, so the trace ends there: ${reason}`)
}
