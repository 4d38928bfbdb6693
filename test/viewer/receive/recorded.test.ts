import { expect, test } from 'vitest'
import { spansInProtobuf } from '../../../src/viewer/receive/otlp-protobuf.js'

/** What opentelemetry-exporter-otlp 1.45.2 of Python sent over HTTP for two spans, as it was received. */
const FROM_PYTHON = Buffer.from(
  [
    'CpUDCkAKGgoMc2VydmljZS5uYW1lEgoKCGNoZWNrb3V0CiIKFnRlbGVtZXRyeS5zZGsubGFuZ3VhZ2USCAoGcHl0aG9uEtACCgsK',
    'BHNob3ASAzAuMRKwAQoQ4w6PsgcEexqjDCGR/Uwx4RII81psVgrZK98iCNnaONzvr8kUKgtjaGFyZ2UgY2FyZDABOeXUA0yC6+wY',
    'QefOBkyC6+wYWiEJ0S8GTILr7BgSCGRlY2xpbmVkGgwKBGNhcmQSBAoCw7xqMAoQ4w6PsgcEexqjDCGR/Uwx4RII2do43O+vyRQi',
    'DQoDd2h5EgYKBHRlc3Q1AAEAAHoMEghkZWNsaW5lZBgChQEAAQAAEo0BChDjDo+yBwR7GqMMIZH9TDHhEgjZ2jjc76/JFCoOUE9T',
    'VCAvY2hlY2tvdXQwAjnYZ/9LguvsGEHQuE5MguvsGEoUCgRsaXN0EgwqCgoDCgFhCgMKAWJKEgoFcmF0aW8SCSEAAAAAAADQP0oI',
    'CgJvaxICEAFKDwoBbhIKGICAgICAgICAQHoAhQEAAQAA',
  ].join(''),
  'base64',
)

test('a request that the SDK for Python sent is read', () => {
  const { items, rejected } = spansInProtobuf(FROM_PYTHON)
  const [child, server] = items
  expect([items.length, rejected]).toEqual([2, 0])
  expect(server).toMatchObject({
    name: 'POST /checkout',
    kind: 'server',
    parentSpanId: undefined,
    status: 'unset',
    attributes: { list: ['a', 'b'], ratio: 0.25, ok: true, n: 2n ** 62n },
    resource: { service: 'checkout', attributes: { 'telemetry.sdk.language': 'python' } },
    scope: { name: 'shop', version: '0.1' },
  })
  expect(child).toMatchObject({
    name: 'charge card',
    kind: 'internal',
    traceId: server?.traceId,
    parentSpanId: server?.spanId,
    status: 'error',
    statusMessage: 'declined',
    events: [{ name: 'declined', attributes: { card: 'ü' } }],
    links: [{ traceId: server?.traceId, spanId: server?.spanId, attributes: { why: 'test' } }],
  })
  expect((child?.endMicros ?? 0) - (child?.startMicros ?? 0)).toBeGreaterThan(0)
})
