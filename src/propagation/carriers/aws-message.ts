import { propagation } from '@opentelemetry/api'
import { safeGet } from '../../internal/checks/safe-get.js'
import {
  attributesIn,
  formOf,
  LAMBDA_FORM,
  NOTIFICATION_FORM,
  SDK_FORM,
  type AttributeForm,
} from './message-attributes.js'
import type { OpenCarrier } from './open-carrier.js'
import { isObject, ownName, readObject } from './property.js'

/** X-Ray's propagator looks there; SQS has the same text in a system attribute. */
const XRAY_FIELD = 'x-amzn-trace-id'

/**
 * A message of SQS or SNS: parameters to send or publish it (or an entry of a batch), what the SDK received, a record of
 * Lambda. The fields are message attributes. One that was received without any may hold an SNS notification in its body.
 */
export function awsMessage(carrier: object): OpenCarrier | undefined {
  const message = readObject(carrier, 'Sns') ?? carrier
  if (!isMessage(message)) return undefined
  const isLambdas = 'messageAttributes' in message || 'receiptHandle' in message
  const key = isLambdas ? 'messageAttributes' : 'MessageAttributes'
  const form = isLambdas ? LAMBDA_FORM : safeGet(message, 'Type') === 'Notification' ? NOTIFICATION_FORM : SDK_FORM
  const received = (): OpenCarrier | undefined => openAttributes(sourceIn(message, key), form)
  const xrayHeader = (): unknown =>
    safeGet(readObject(message, isLambdas ? 'attributes' : 'Attributes'), 'AWSTraceHeader')
  return {
    keys: () => [...(received()?.keys() ?? []), ...(xrayHeader() === undefined ? [] : [XRAY_FIELD])],
    get: (name) => received()?.get(name) ?? (name === XRAY_FIELD ? xrayHeader() : undefined),
    set(name, value) {
      const attributes = safeGet(message, key)
      if ((attributes === undefined || attributes === null) && !Reflect.set(message, key, {})) return false
      return openAttributes(readObject(message, key), form)?.set(name, value) ?? false
    },
  }
}

function isMessage(message: object): boolean {
  const has = (...keys: string[]): boolean => keys.some((key) => key in message)
  return (
    has('MessageAttributes', 'messageAttributes', 'ReceiptHandle', 'receiptHandle') ||
    (has('MessageBody') && has('QueueUrl', 'Id')) ||
    (has('Message') && has('TopicArn', 'TargetArn', 'PhoneNumber', 'Id'))
  )
}

function openAttributes(attributes: object | undefined, form: AttributeForm): OpenCarrier | undefined {
  return attributes && attributesIn(attributes, formOf(attributes) ?? form)
}

/** The message's own attributes, unless the trace context is in the notification that it holds. */
function sourceIn(message: object, key: string): object | undefined {
  const own = readObject(message, key)
  const hasFields = own !== undefined && propagation.fields().some((field) => ownName(own, field) !== undefined)
  return hasFields ? own : (notifiedIn(safeGet(message, 'Body') ?? safeGet(message, 'body')) ?? own)
}

const LONGEST_BODY = 1_048_576

/** Only a body that looks like a notification is parsed. */
function notifiedIn(body: unknown): object | undefined {
  if (typeof body !== 'string' || body.length > LONGEST_BODY || !/^\s*\{/.test(body)) return undefined
  if (!body.includes('"Notification"') || !body.includes('"MessageAttributes"')) return undefined
  try {
    const notification: unknown = JSON.parse(body)
    return isObject(notification) ? readObject(notification, 'MessageAttributes') : undefined
  } catch {
    return undefined
  }
}
