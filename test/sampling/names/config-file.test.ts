import { ROOT_CONTEXT, SpanKind, trace, type Attributes, type Context } from '@opentelemetry/api'
import { SamplingDecision, type Sampler } from '@opentelemetry/sdk-trace'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { samplerFromConfig } from '../../../src/sampling/names/config-file.js'

const TRACE_ID = 'abababababababababd29d6a7215ced0'
const HEALTH: Attributes = { 'url.path': '/health' }

const sampler = samplerFromConfig({
  'composite/development': {
    rule_based: {
      rules: [
        {
          attribute_values: { key: 'url.path', values: ['/health', '/ready'] },
          sampler: { always_off: {} },
        },
        {
          attribute_patterns: { key: 'http.status', included: ['4*', '5*'], excluded: ['404'] },
          span_kinds: ['server'],
          sampler: { always_on: {} },
        },
        { parent: ['remote'], sampler: { parent_threshold: { root: { always_off: {} } } } },
      ],
    },
  },
})

const decide = (attributes: Attributes, kind = SpanKind.SERVER, context: Context = ROOT_CONTEXT): string | undefined =>
  SamplingDecision[sampler?.shouldSample(context, TRACE_ID, 'GET', kind, attributes, []).decision ?? NaN]

const remote = trace.setSpanContext(ROOT_CONTEXT, {
  traceId: TRACE_ID,
  spanId: '00f067aa0ba902b7',
  traceFlags: 1,
  isRemote: true,
})

test.each([
  ['a value that is listed', HEALTH, 'NOT_RECORD'],
  ['a number that fits a pattern by its text', { 'http.status': 503 }, 'RECORD_AND_SAMPLED'],
  ['an array of which one item fits', { 'http.status': ['200', '500'] }, 'RECORD_AND_SAMPLED'],
  ['what is excluded from the pattern', { 'http.status': 404 }, 'NOT_RECORD'],
  ['nothing that any rule wants', { other: 1 }, 'NOT_RECORD'],
])('composite/development decides about %s', (_what, attributes, decision) => {
  expect(decide(attributes)).toBe(decision)
})

test('composite/development minds the kind of the span', () => {
  expect(decide({ 'http.status': 503 }, SpanKind.CLIENT)).toBe('NOT_RECORD')
})

test('composite/development follows a parent by parent_threshold', () => {
  expect(decide({}, SpanKind.SERVER, remote)).toBe('RECORD_AND_SAMPLED')
})

test('a composable sampler that does not exist is named', () => {
  expect(() => samplerFromConfig({ 'composite/development': { dice: {} } })).toThrow(
    'there is no composable sampler "dice"',
  )
})

test('jaeger_remote/development asks for the service of the resource, and begins with initial_sampler', async () => {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.end('{"probabilisticSampling":{"samplingRate":1}}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const remoteOne = samplerFromConfig(
    {
      'jaeger_remote/development': {
        endpoint: `http://127.0.0.1:${port}/sampling`,
        interval: 60_000,
        initial_sampler: { always_off: {} },
      },
    },
    'checkout',
  ) as Sampler & { close(): void }
  const first = remoteOne.shouldSample(ROOT_CONTEXT, TRACE_ID, 'GET', SpanKind.SERVER, {}, []).decision
  await once(server, 'request')
  remoteOne.close()
  server.close()
  expect(first).toBe(SamplingDecision.NOT_RECORD)
  expect(asked).toEqual(['/sampling?service=checkout'])
})
