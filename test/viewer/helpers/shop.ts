import type { ReceivedLog, ReceivedSpan } from '../../../src/viewer/model/received-span.js'
import { exception, seeded, traceOf, type PlannedSpan } from '../analysis/trace-of.js'

const ITEMS = 24

export const shopTraceId = (n: number): string => `5a0b${n.toString(16).padStart(28, '0')}`

/** Requests to a shop of three services: orders with an N+1, checkouts of which some fail, and a health check now and then. */
export function shopTraces(
  count: number,
  { seed = 7, firstId = 1 }: { seed?: number; firstId?: number } = {},
): ReceivedSpan[] {
  const random = seeded(seed)
  return Array.from({ length: count }, (_, index) => {
    const n = firstId + index
    const root = n % 5 === 0 ? health() : n % 3 === 0 ? checkout(random, n % 9 === 0) : orders(random)
    return later(traceOf([root], { traceId: shopTraceId(n) }), n * 250_000)
  }).flat()
}

/** Moves spans and their events to a later time. */
export function later(spans: readonly ReceivedSpan[], micros: number): ReceivedSpan[] {
  return spans.map((span) => ({
    ...span,
    startMicros: span.startMicros + micros,
    endMicros: span.endMicros === undefined ? undefined : span.endMicros + micros,
    events: span.events.map((event) => ({ ...event, timeMicros: event.timeMicros + micros })),
  }))
}

function orders(random: () => number): PlannedSpan {
  const each = 1 + random() * 2
  const first = 6
  const end = first + ITEMS * each + 4
  return [
    'GET /orders',
    {
      at: [0, end],
      service: 'storefront',
      kind: 'server',
      attributes: {
        'http.request.method': 'GET',
        'http.response.status_code': 200,
        'url.scheme': 'http',
        'server.address': 'shop.test',
        'server.port': 8080,
        'url.path': '/orders',
        'url.query': 'page=2',
        'user.tier': random() > 0.5 ? 'gold' : 'free',
      },
      children: [
        ['SELECT orders', { at: [1, 5], kind: 'client', attributes: sql('SELECT id FROM orders WHERE customer = $1') }],
        ...Array.from({ length: ITEMS }, (_, item): PlannedSpan => [
          'SELECT order_items',
          {
            at: [first + item * each, first + item * each + each * 0.9],
            kind: 'client',
            attributes: sql(`SELECT * FROM order_items WHERE order_id = ${item + 100}`),
          },
        ]),
      ],
    },
  ]
}

function checkout(random: () => number, isDeclined: boolean): PlannedSpan {
  const fraud = 12 + random() * 10
  return [
    'POST /checkout',
    {
      at: [0, fraud + 30],
      service: 'storefront',
      kind: 'server',
      status: isDeclined ? 'error' : 'unset',
      attributes: {
        'http.request.method': 'POST',
        'http.response.status_code': isDeclined ? 502 : 200,
        'url.path': '/checkout',
        'cart.json': '{"items":[{"sku":"a-1","count":2},{"sku":"b-7","count":1}],"currency":"EUR"}',
      },
      children: [
        [
          'GET catalogue/price',
          {
            at: [1, 7],
            kind: 'client',
            children: [['GET /price', { at: [2, 6], service: 'catalogue', kind: 'server' }]],
          },
        ],
        [
          'take payment',
          {
            at: [8, fraud + 28],
            status: isDeclined ? 'error' : 'unset',
            children: [
              [
                'POST payments',
                {
                  at: [9, fraud + 27],
                  kind: 'client',
                  children: [
                    [
                      'POST /charges',
                      {
                        at: [10, fraud + 26],
                        service: 'payments',
                        kind: 'server',
                        children: [
                          ['fraud check', { at: [11, fraud + 11] }],
                          [
                            'charge card',
                            {
                              at: [fraud + 12, fraud + 25],
                              status: isDeclined ? 'error' : 'unset',
                              statusMessage: isDeclined ? 'card declined: insufficient funds' : '',
                              events: isDeclined ? [exception('card declined: insufficient funds', 'CardError')] : [],
                            },
                          ],
                        ],
                      },
                    ],
                  ],
                },
              ],
            ],
          },
        ],
      ],
    },
  ]
}

function health(): PlannedSpan {
  return ['GET /health', { at: [0, 0.4], service: 'storefront', kind: 'server' }]
}

function sql(text: string): Record<string, string> {
  return { 'db.system.name': 'postgresql', 'db.namespace': 'shop', 'db.query.text': text }
}

/** A request with many spans: queries below one span, in a few groups of different names. */
export function wideTrace(spans: number, traceId: string = shopTraceId(9999)): ReceivedSpan[] {
  const children = Array.from({ length: Math.ceil((spans - 1) / 10) }, (_, group): PlannedSpan => {
    const start = group * 1.1
    return [
      `step ${group}`,
      {
        at: [start, start + 1],
        service: ['storefront', 'catalogue', 'payments'][group % 3] ?? 'storefront',
        children: Array.from({ length: 9 }, (_, index): PlannedSpan => {
          const from = start + index * 0.1
          return [
            `query ${index} of ${group % 50}`,
            {
              at: [from, from + 0.08],
              kind: 'client',
              attributes: sql(`SELECT ${index} FROM table_${group} WHERE id = ${index}`),
            },
          ]
        }),
      },
    ]
  })
  const root: PlannedSpan = [
    'GET /report',
    { at: [0, children.length * 1.1], service: 'storefront', kind: 'server', children },
  ]
  return traceOf([root], { traceId }).slice(0, spans)
}

/** A log record of a span, in its middle. */
export function logOf(span: ReceivedSpan, body: string, severity = 'WARN'): ReceivedLog {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    timeMicros: (span.startMicros + (span.endMicros ?? span.startMicros)) / 2,
    severity,
    body,
    attributes: {},
    resource: span.resource,
  }
}
