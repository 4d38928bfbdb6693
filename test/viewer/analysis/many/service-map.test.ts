import { describe, expect, it } from 'vitest'
import { serviceMap } from '../../../../src/viewer/analysis/many/service-map.js'
import type { PlannedSpan, SpanPlan } from '../trace-of.js'
import { tracesOf } from './many-traces.js'

const client = (at: SpanPlan['at'], attributes: SpanPlan['attributes'], plan: Partial<SpanPlan> = {}): PlannedSpan => [
  'call',
  { at, kind: 'client', attributes: attributes ?? {}, ...plan },
]
const edgesOf = (roots: readonly PlannedSpan[]): string[] =>
  serviceMap(tracesOf(1, () => roots)).edges.map(({ from, to, calls }) => `${from} → ${to} ×${calls}`)

describe('the service map', () => {
  it('counts a call that both sides tell of once, with the time of the client and what the network took', () => {
    const traces = tracesOf(5, () => [
      [
        'GET /',
        {
          at: [0, 50],
          kind: 'server',
          traceState: 'ot=th:8',
          children: [
            client(
              [10, 40],
              { 'url.full': 'http://b/' },
              {
                status: 'error',
                traceState: 'ot=th:8',
                children: [['GET /b', { at: [15, 35], kind: 'server', service: 'b', traceState: 'ot=th:8' }]],
              },
            ),
          ],
        },
      ],
    ])
    const { nodes, edges } = serviceMap(traces)
    expect(nodes).toEqual([
      { id: 'service:shop', kind: 'service', name: 'shop', spans: 10 },
      { id: 'service:b', kind: 'service', name: 'b', spans: 5 },
    ])
    expect(edges).toMatchObject([
      {
        from: 'service:shop',
        to: 'service:b',
        calls: 5,
        weighted: 10,
        failed: 5,
        durations: { count: 5, p50Micros: 30_000 },
        network: { p50Micros: 10_000 },
      },
    ])
  })

  it('has leaves for those who send no spans: databases, caches, other hosts', () => {
    const edges = edgesOf([
      [
        'GET /',
        {
          at: [0, 50],
          kind: 'server',
          children: [
            client([1, 2], {
              'db.system.name': 'postgresql',
              'db.namespace': 'shop',
              'db.query.text': 'SELECT a FROM b',
            }),
            client([2, 3], { 'db.system.name': 'postgresql', 'db.namespace': 'shop', 'db.query.text': 'BEGIN' }),
            client([3, 4], { 'db.system': 'redis', 'db.statement': 'GET a' }),
            client([4, 5], {
              'http.request.method': 'GET',
              'url.full': 'https://pay.example/x',
              'server.address': 'pay.example',
              'server.port': 443,
            }),
            client([5, 6], {
              'http.request.method': 'GET',
              'url.full': 'http://inner:3000/x',
              'peer.service': 'stock',
            }),
          ],
        },
      ],
    ])
    expect(edges.sort()).toEqual([
      'service:shop → cache:redis ×1',
      'service:shop → database:postgresql shop ×1',
      'service:shop → external:pay.example ×1',
      'service:shop → external:stock ×1',
    ])
  })

  it('goes through queues, by parent or by link', () => {
    const destination = { 'messaging.destination.name': 'orders' }
    const sent: PlannedSpan = [
      'send',
      {
        at: [0, 1],
        kind: 'producer',
        attributes: destination,
        children: [['process', { at: [2, 3], kind: 'consumer', service: 'b', attributes: destination }]],
      },
    ]
    expect(edgesOf([sent])).toEqual(['service:shop → queue:orders ×1', 'queue:orders → service:b ×1'])
    const traces = tracesOf(2, (n) =>
      n === 0
        ? [['work', { at: [0, 1], spanId: 'aaaaaaaaaaaaaaaa' }]]
        : [
            [
              'process',
              {
                at: [2, 3],
                kind: 'consumer',
                service: 'b',
                links: [{ traceId: '1'.padStart(32, '0'), spanId: 'aaaaaaaaaaaaaaaa', attributes: {} }],
              },
            ],
          ],
    )
    expect(serviceMap(traces).edges.map(({ from, to }) => `${from} → ${to}`)).toEqual(['service:shop → service:b'])
  })

  it('has no edge from a service to itself', () => {
    expect(
      edgesOf([
        [
          'GET /',
          {
            at: [0, 9],
            children: [
              client([1, 8], { 'url.full': 'http://shop/' }, { children: [['GET /', { at: [2, 7], kind: 'server' }]] }),
            ],
          },
        ],
      ]),
    ).toEqual([])
  })
})
