import { propagation } from '@opentelemetry/api'
import { safeGet, isObject } from '../../internal/checks/safe-get.js'
import { ownName, readObject, setOwn, type OpenCarrier } from './open-carrier.js'
import { warnOnce } from '../../internal/diagnostics/diagnostics.js'

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

/** How an attribute is written: `type` and `value` are names of its properties. */
export interface AttributeForm {
  readonly type: string
  readonly value: string
}

/** Parameters and results of the AWS SDK. */
export const SDK_FORM: AttributeForm = { type: 'DataType', value: 'StringValue' }
/** SQS messages in Lambda. */
export const LAMBDA_FORM: AttributeForm = { type: 'dataType', value: 'stringValue' }
/** SNS notifications, in Lambda and in the body of an SQS message. */
export const NOTIFICATION_FORM: AttributeForm = { type: 'Type', value: 'Value' }

const FORMS = [SDK_FORM, LAMBDA_FORM, NOTIFICATION_FORM]

/** Of SQS; SNS drops a message that has more when it delivers it to a queue as it is. */
const MOST_ATTRIBUTES = 10

/** The attributes alone, without their message; detected by the first of them. */
export function messageAttributes(carrier: object): OpenCarrier | undefined {
  const form = formOf(carrier)
  return form && attributesIn(carrier, form)
}

/** How the first attribute is written. */
export function formOf(attributes: object): AttributeForm | undefined {
  const first = safeGet(attributes, Object.keys(attributes)[0] ?? '')
  if (!isObject(first)) return undefined
  return FORMS.find(({ type }) => /^(?:String|Number|Binary)\b/.test(textOrNothing(safeGet(first, type))))
}

/** What is there stays. What would be more than ten is left out, which is logged. */
export function attributesIn(attributes: object, { type, value: valueKey }: AttributeForm): OpenCarrier {
  return {
    keys: () => Object.keys(attributes),
    get(name) {
      const key = ownName(attributes, name)
      const attribute = key === undefined ? undefined : readObject(attributes, key)
      return attribute && FORMS.map(({ value }) => safeGet(attribute, value)).find((value) => typeof value === 'string')
    },
    set(name, value) {
      if (ownName(attributes, name) === undefined && Object.keys(attributes).length >= MOST_ATTRIBUTES) {
        warnOnce('ten message attributes', TOO_MANY)
        return true
      }
      return setOwn(attributes, name, { [type]: 'String', [valueKey]: value })
    },
  }
}

const TOO_MANY =
  `a message for SQS or SNS has ${MOST_ATTRIBUTES} attributes, the most they take: trace context was left out of it, ` +
  'so the trace ends there. Send fewer attributes: traceparent needs one, tracestate and baggage one each.'

function textOrNothing(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
