import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { AggregationTemporality, DataPointType } from '@opentelemetry/sdk-metrics'
import { describe, expect, test } from 'vitest'
import { createSpanMetrics } from '../../src/metrics/span-metrics.js'
import { callsIn, collected } from './collected.js'
import { seeded, spanMaker, type MadeSpan } from './spans.js'

const { CUMULATIVE, DELTA } = AggregationTemporality
const CALLS = 'traces.span.metrics.calls'
const DURATION = 'traces.span.metrics.duration'

describe('calls', () => {
  test('are counted by name, kind and status', async () => {
    const metrics = createSpanMetrics()
    const producer = metrics.producer(CUMULATIVE)
    const spans = spanMaker([metrics.processor])
    spans.make('GET', { kind: SpanKind.SERVER })
    spans.make('GET', { kind: SpanKind.SERVER })
    spans.make('GET', { kind: SpanKind.SERVER, status: SpanStatusCode.ERROR })
    spans.make('GET', { kind: SpanKind.CLIENT, status: SpanStatusCode.OK })
    spans.make('send', { kind: SpanKind.PRODUCER })
    spans.make('receive', { kind: SpanKind.CONSUMER })
    spans.make('work')
    expect(callsIn((await collected(producer))[CALLS])).toEqual({
      'GET SERVER UNSET': 2,
      'GET SERVER ERROR': 1,
      'GET CLIENT OK': 1,
      'send PRODUCER UNSET': 1,
      'receive CONSUMER UNSET': 1,
      'work INTERNAL UNSET': 1,
    })
  })

  test('have the attributes and the form of the collector', async () => {
    const metrics = createSpanMetrics({}, () => 1_700_000_000_000)
    const producer = metrics.producer(CUMULATIVE)
    spanMaker([metrics.processor]).make('GET', { kind: SpanKind.SERVER })
    expect((await collected(producer))[CALLS]).toMatchObject({
      descriptor: { unit: '' },
      dataPointType: DataPointType.SUM,
      isMonotonic: true,
      aggregationTemporality: CUMULATIVE,
      dataPoints: [
        {
          startTime: [1_700_000_000, 0],
          attributes: {
            'service.name': 'shop',
            'span.name': 'GET',
            'span.kind': 'SPAN_KIND_SERVER',
            'status.code': 'STATUS_CODE_UNSET',
          },
        },
      ],
    })
  })

  test('have the names and the labels of Tempo, and no unit that would change the name', async () => {
    const metrics = createSpanMetrics({ names: 'tempo' })
    const producer = metrics.producer(CUMULATIVE)
    spanMaker([metrics.processor]).make('GET', { kind: SpanKind.SERVER, seconds: 0.003 })
    const { traces_spanmetrics_calls_total: calls, traces_spanmetrics_latency: latency } = await collected(producer)
    expect(calls?.dataPoints[0]?.attributes).toEqual({
      service: 'shop',
      span_name: 'GET',
      span_kind: 'SPAN_KIND_SERVER',
      status_code: 'STATUS_CODE_UNSET',
    })
    expect(latency).toMatchObject({ descriptor: { unit: '' }, dataPoints: [{ value: { sum: 0.003 } }] })
    expect(latency?.dataPoints[0]?.value).toHaveProperty('buckets.boundaries.0', 0.002)
    expect(latency?.dataPoints[0]?.value).toHaveProperty('buckets.boundaries.13', 16.384)
  })

  test('of nothing are no metrics', async () => {
    expect(await collected(createSpanMetrics().producer(CUMULATIVE))).toEqual({})
  })
})

test('durations are summed exactly', async () => {
  const metrics = createSpanMetrics()
  const producer = metrics.producer(CUMULATIVE)
  const spans = spanMaker([metrics.processor])
  for (let i = 0; i < 10; i++) spans.make('GET', { seconds: 0.1 })
  spans.make('GET', { seconds: 3 })
  spans.make('GET', { seconds: 0 })
  // A sum of floating point numbers would be 0.9999999999999999 for the first ten.
  expect((await collected(producer))[DURATION]?.dataPoints[0]?.value).toMatchObject({
    sum: 4,
    count: 12,
    min: 0,
    max: 3,
  })
})

describe('dimensions', () => {
  const dimensions = ['http.route', 'http.response.status_code', 'cloud.region']
  const points = async (made: readonly MadeSpan['attributes'][]): Promise<unknown[]> => {
    const metrics = createSpanMetrics({ dimensions })
    const producer = metrics.producer(CUMULATIVE)
    const spans = spanMaker([metrics.processor])
    for (const attributes of made) spans.make('GET', attributes && { attributes })
    const found = (await collected(producer))[CALLS]?.dataPoints ?? []
    return found.map(({ attributes, value }) => [...dimensions.map((name) => attributes[name]), value])
  }

  test('make series of their own; one that neither span nor resource has is left out', async () => {
    const route = { 'http.route': '/cart' }
    expect(await points([route, route, { 'http.route': '/pay', 'cloud.region': 'us' }, {}])).toEqual([
      ['/cart', undefined, 'eu', 2],
      ['/pay', undefined, 'us', 1],
      [undefined, undefined, 'eu', 1],
    ])
  })

  test('may be numbers, booleans and arrays; a number and its text are one', async () => {
    const status = (value: number | string | boolean | string[]): MadeSpan['attributes'] => ({
      'http.response.status_code': value,
    })
    const made = [status(200), status('200'), status(200), status(true), status(['a', 'b']), status(['a', 'b'])]
    expect(await points(made)).toEqual([
      [undefined, 200, 'eu', 3],
      [undefined, true, 'eu', 1],
      [undefined, ['a', 'b'], 'eu', 2],
    ])
  })
})

describe('a reader that prefers delta', () => {
  test('gets what came since it last asked, and only what changed', async () => {
    let now = 1_000
    const metrics = createSpanMetrics({ buckets: [0.01, 0.1] }, () => now)
    const producer = metrics.producer(DELTA)
    const spans = spanMaker([metrics.processor])
    spans.make('a', { seconds: 0.005 })
    spans.make('b')
    now = 2_000
    expect(callsIn((await collected(producer))[CALLS])).toEqual({ 'a INTERNAL UNSET': 1, 'b INTERNAL UNSET': 1 })
    spans.make('a', { seconds: 0.05 })
    spans.make('a', { seconds: 0.5 })
    now = 3_000
    const second = await collected(producer)
    expect(callsIn(second[CALLS])).toEqual({ 'a INTERNAL UNSET': 2 })
    expect(second[DURATION]).toMatchObject({
      aggregationTemporality: DELTA,
      dataPoints: [
        { startTime: [2, 0], endTime: [3, 0], value: { count: 2, sum: 0.55, buckets: { counts: [0, 1, 1] } } },
      ],
    })
    expect(await collected(producer)).toEqual({})
  })

  test('takes nothing from another reader', async () => {
    const metrics = createSpanMetrics()
    const [delta, cumulative] = [metrics.producer(DELTA), metrics.producer(CUMULATIVE)]
    const spans = spanMaker([metrics.processor])
    spans.make('a')
    await collected(delta)
    spans.make('a')
    expect(callsIn((await collected(cumulative))[CALLS])).toEqual({ 'a INTERNAL UNSET': 2 })
    expect(callsIn((await collected(delta))[CALLS])).toEqual({ 'a INTERNAL UNSET': 1 })
  })

  test('gets exponential buckets that add up to the cumulative ones though the scale fell meanwhile', async () => {
    const metrics = createSpanMetrics({ histogram: 'exponential' })
    const [delta, cumulative] = [metrics.producer(DELTA), metrics.producer(CUMULATIVE)]
    const spans = spanMaker([metrics.processor])
    const random = seeded(1)
    const made = { first: 0, second: 0 }
    for (let i = 0; i < 500; i++, made.first++) spans.make('a', { seconds: 0.01 + random() / 1_000 })
    await collected(delta)
    for (let i = 0; i < 500; i++, made.second++) spans.make('a', { seconds: 10 ** (random() * 8 - 6) })
    const [since, all] = [await collected(delta), await collected(cumulative)]
    const value = since[DURATION]?.dataPoints[0]?.value as ExponentialValue
    expect(value.scale).toBe((all[DURATION]?.dataPoints[0]?.value as ExponentialValue).scale)
    expect(value.positive.bucketCounts.every((count) => count >= 0)).toBe(true)
    expect(value.positive.bucketCounts.reduce((sum, count) => sum + count, value.zeroCount)).toBe(made.second)
  })
})

interface ExponentialValue {
  readonly scale: number
  readonly zeroCount: number
  readonly positive: { readonly bucketCounts: readonly number[] }
}
