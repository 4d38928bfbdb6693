import { warnOnce } from '../../internal/diagnostics/diagnostics.js'
import type { OpenCarrier } from './open-carrier.js'
import { safeGet } from '../../internal/checks/safe-get.js'
import { isObject, ownName, readObject, setOwn } from './property.js'

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

/** What is there stays. What would be more than ten is left out, and told. */
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
