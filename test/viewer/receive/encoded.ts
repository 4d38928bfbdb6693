import { exportRequestType, logsRequestType } from '../../helpers/otlp-sink/schema.js'

/** A request as protobufjs encodes it. */
export function protobufRequest(message: Record<string, unknown>): Buffer {
  return Buffer.from(exportRequestType.encode(exportRequestType.fromObject(message)).finish())
}

export function protobufLogs(message: Record<string, unknown>): Buffer {
  return Buffer.from(logsRequestType.encode(logsRequestType.fromObject(message)).finish())
}

export const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
export const SPAN_ID = 'b7ad6b7169203331'
export const PARENT_ID = '00f067aa0ba902b7'

const ATTRIBUTES = [
  { key: 'text', value: { stringValue: 'grün €' } },
  { key: 'yes', value: { boolValue: true } },
  { key: 'no', value: { boolValue: false } },
  { key: 'whole', value: { intValue: '-42' } },
  { key: 'large', value: { intValue: '9223372036854775807' } },
  { key: 'small', value: { intValue: '-9223372036854775808' } },
  { key: 'exact', value: { intValue: '9007199254740991' } },
  { key: 'half', value: { doubleValue: 0.5 } },
  { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }, { intValue: '1' }, {}] } } },
  { key: 'map', value: { kvlistValue: { values: [{ key: 'inner', value: { boolValue: true } }] } } },
  { key: 'bytes', value: { bytesValue: 'AQL/' } },
  { key: '__proto__', value: { stringValue: 'no danger' } },
  { key: 'nothing', value: {} },
]

/** A trace as OTLP JSON has it, with everything a span can have. */
export const OTLP_JSON: { readonly resourceSpans: readonly Record<string, unknown>[] } = {
  resourceSpans: [
    {
      resource: {
        attributes: [
          { key: 'service.name', value: { stringValue: 'orders' } },
          { key: 'process.pid', value: { intValue: '7' } },
        ],
        droppedAttributesCount: 2,
      },
      scopeSpans: [
        {
          scope: { name: 'http', version: '1.2.3', attributes: [{ key: 's', value: { stringValue: 't' } }] },
          spans: [
            {
              traceId: TRACE_ID,
              spanId: SPAN_ID,
              traceState: 'ot=th:8',
              parentSpanId: PARENT_ID,
              name: 'GET /orders/{id}',
              kind: 2,
              startTimeUnixNano: '1730291048681260250',
              endTimeUnixNano: '1730291048688013750',
              attributes: ATTRIBUTES,
              droppedAttributesCount: 3,
              events: [
                {
                  timeUnixNano: '1730291048681261000',
                  name: 'exception',
                  attributes: [{ key: 'exception.type', value: { stringValue: 'Error' } }],
                  droppedAttributesCount: 1,
                },
              ],
              droppedEventsCount: 4,
              links: [
                {
                  traceId: '1'.repeat(32),
                  spanId: '2'.repeat(16),
                  attributes: [{ key: 'l', value: { intValue: '1' } }],
                },
              ],
              droppedLinksCount: 5,
              status: { code: 2, message: 'it failed' },
            },
          ],
        },
      ],
    },
  ],
}

/** The same for protobufjs, which takes ids as bytes. */
export const OTLP_MESSAGE: Record<string, unknown> = JSON.parse(JSON.stringify(OTLP_JSON), (key, value: unknown) =>
  /^(traceId|spanId|parentSpanId)$/.test(key) ? Buffer.from(String(value), 'hex').toString('base64') : value,
) as Record<string, unknown>

/** What both are read as. */
export const EXPECTED_SPAN: Record<string, unknown> = {
  traceId: TRACE_ID,
  spanId: SPAN_ID,
  parentSpanId: PARENT_ID,
  traceState: 'ot=th:8',
  name: 'GET /orders/{id}',
  kind: 'server',
  startMicros: 1_730_291_048_681_260.25,
  endMicros: 1_730_291_048_688_013.75,
  status: 'error',
  statusMessage: 'it failed',
  events: [
    {
      name: 'exception',
      timeMicros: 1_730_291_048_681_261,
      attributes: { 'exception.type': 'Error' },
      droppedAttributesCount: 1,
    },
  ],
  links: [{ traceId: '1'.repeat(32), spanId: '2'.repeat(16), attributes: { l: 1 } }],
  droppedAttributesCount: 3,
  droppedEventsCount: 4,
  droppedLinksCount: 5,
  resource: {
    service: 'orders',
    attributes: { 'service.name': 'orders', 'process.pid': 7 },
    droppedAttributesCount: 2,
  },
  scope: { name: 'http', version: '1.2.3', attributes: { s: 't' } },
}

export const EXPECTED_ATTRIBUTES: readonly (readonly [string, unknown])[] = [
  ['text', 'grün €'],
  ['yes', true],
  ['no', false],
  ['whole', -42],
  ['large', 9223372036854775807n],
  ['small', -9223372036854775808n],
  ['exact', 9007199254740991],
  ['half', 0.5],
  ['list', ['a', 1, null]],
  ['map', { inner: true }],
  ['bytes', 'AQL/'],
  ['__proto__', 'no danger'],
  ['nothing', null],
]
