import { context, trace, TraceFlags } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { Counter, Gauge, Histogram } from 'prom-client'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { TracingConfigError } from '../../src/internal/checks/validate.js'
import { traceExemplar, withExemplars } from '../../src/metrics/exemplars.js'
import { parseOpenMetrics, type ParsedSample } from '../helpers/openmetrics.js'
import { openMetricsRegistry, type OpenMetricsRegistry } from './open-metrics-registry.js'

const TRACE = { trace_id: '4bf92f3577b34da6a3ce929d0e0e4736', span_id: '00f067aa0ba902b7' }
const OTHER = { trace_id: '0af7651916cd43dd8448eb211c80319c', span_id: 'b7ad6b7169203331' }

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager())
})

function inSpan<T>(fn: () => T, ids = TRACE, traceFlags = TraceFlags.SAMPLED): T {
  const span = trace.wrapSpanContext({ traceId: ids.trace_id, spanId: ids.span_id, traceFlags })
  return context.with(trace.setSpan(context.active(), span), fn)
}

let registry: OpenMetricsRegistry
let counter: Counter<'route'>
let histogram: Histogram<'route'>
beforeEach(() => {
  registry = openMetricsRegistry()
  const shared = { help: 'help', labelNames: ['route'] as const, registers: [registry], enableExemplars: true }
  counter = new Counter({ name: 'requests', ...shared })
  histogram = new Histogram({ name: 'seconds', buckets: [0.1, 0.5], ...shared })
})

async function scrape(): Promise<ParsedSample[]> {
  return [...parseOpenMetrics(await registry.metrics()).values()].flatMap(({ samples }) => samples)
}

/** The counts, and the exemplars with what they stand for. */
async function scraped(): Promise<unknown[]> {
  const samples = (await scrape()).filter(({ name }) => /_(total|count)$/.test(name))
  return samples.map(({ labels: { route }, value }) => [route, value])
}

async function exemplars(): Promise<unknown[]> {
  return (await scrape()).flatMap(({ exemplar }) => (exemplar ? [[exemplar.labels, exemplar.value]] : []))
}

describe('traceExemplar', () => {
  test('is spread into what prom-client counts, and is no label there', async () => {
    inSpan(() => {
      counter.inc({ labels: { route: '/a' }, ...traceExemplar() })
      histogram.observe({ labels: { route: '/a' }, value: 0.3, ...traceExemplar() })
    })
    const samples = await scrape()
    expect(samples.filter(({ exemplar }) => exemplar !== undefined)).toMatchObject([
      { name: 'requests_total', labels: { route: '/a' }, value: 1, exemplar: { labels: TRACE, value: 1 } },
      { name: 'seconds_bucket', labels: { route: '/a', le: '0.5' }, exemplar: { labels: TRACE, value: 0.3 } },
    ])
    expect(samples.flatMap(({ labels }) => Object.keys(labels))).not.toContain('trace_id')
  })

  test('is empty outside a span, in one that is not sampled, and in one without a valid id', async () => {
    const invalid = { ...TRACE, trace_id: '0'.repeat(32) }
    expect(traceExemplar()).toEqual({})
    expect(inSpan(traceExemplar, TRACE, TraceFlags.NONE)).toEqual({})
    expect(inSpan(traceExemplar, invalid)).toEqual({})
    counter.inc({ labels: { route: '/a' }, ...traceExemplar() })
    expect(await exemplars()).toEqual([])
  })
})

describe('withExemplars on a Counter', () => {
  test('gives the same object back, and twice changes nothing', async () => {
    expect(withExemplars(counter)).toBe(counter)
    expect(withExemplars(counter)).toBe(counter)
    inSpan(() => counter.inc({ route: '/a' }))
    expect(await scraped()).toEqual([['/a', 1]])
  })

  test.each<[string, (metric: Counter<'route'>) => void, unknown[]]>([
    ['inc()', (metric) => metric.inc(), [undefined, 1]],
    ['inc(2)', (metric) => metric.inc(2), [undefined, 2]],
    ['inc({ route })', (metric) => metric.inc({ route: '/a' }), ['/a', 1]],
    ['inc({ route }, 2)', (metric) => metric.inc({ route: '/a' }, 2), ['/a', 2]],
    ['inc({ labels, value })', (metric) => metric.inc({ labels: { route: '/a' }, value: 3 }), ['/a', 3]],
    ['inc({ value })', (metric) => metric.inc({ value: 3 }), [undefined, 3]],
    ['labels(text).inc()', (metric) => metric.labels('/a').inc(), ['/a', 1]],
    ['labels(object).inc(2)', (metric) => metric.labels({ route: '/a' }).inc(2), ['/a', 2]],
  ])('%s counts as it says, with an exemplar in a sampled span only', async (_, count, [route, value]) => {
    count(withExemplars(counter))
    inSpan(() => count(counter), TRACE, TraceFlags.NONE)
    expect(await exemplars()).toEqual([])
    inSpan(() => count(counter))
    expect(await scraped()).toEqual([[route, 3 * Number(value)]])
    expect(await exemplars()).toEqual([[TRACE, value]])
  })

  test('keeps an exemplar that the call names', async () => {
    withExemplars(counter)
    inSpan(() => counter.inc({ labels: { route: '/a' }, exemplarLabels: OTHER as never }))
    expect(await exemplars()).toEqual([[OTHER, 1]])
  })

  test('keeps prom-client’s errors for labels that do not fit', () => {
    withExemplars(counter)
    expect(() => counter.labels('/a', 'b')).toThrow('Invalid number of arguments')
    expect(() => counter.inc({ nothing: 'x' } as never)).toThrow('label')
  })

  test('takes labels named value and labels for what they are', async () => {
    const names = ['value', 'labels'] as const
    const odd = new Counter({
      name: 'odd',
      help: 'odd',
      labelNames: names,
      registers: [registry],
      enableExemplars: true,
    })
    withExemplars(odd)
    inSpan(() => odd.inc({ value: '7', labels: '8' }))
    inSpan(() => odd.labels('7', '8').inc())
    expect((await scrape())[0]).toMatchObject({
      labels: { value: '7', labels: '8' },
      value: 2,
      exemplar: { labels: TRACE },
    })
  })
})

describe('withExemplars on a Histogram', () => {
  test.each<[string, (metric: Histogram<'route'>) => void, unknown]>([
    ['observe(0.3)', (metric) => metric.observe(0.3), undefined],
    ['observe({ route }, 0.3)', (metric) => metric.observe({ route: '/a' }, 0.3), '/a'],
    ['observe({ labels, value })', (metric) => metric.observe({ labels: { route: '/a' }, value: 0.3 }), '/a'],
    ['labels(text).observe(0.3)', (metric) => metric.labels('/a').observe(0.3), '/a'],
  ])('%s observes as it says, with an exemplar in a sampled span only', async (_, observe, route) => {
    observe(withExemplars(histogram))
    expect(await exemplars()).toEqual([])
    inSpan(() => observe(histogram))
    expect(await scraped()).toEqual([[route, 2]])
    expect(await exemplars()).toEqual([[TRACE, 0.3]])
  })

  test('startTimer notes the span that it was started in', async () => {
    withExemplars(histogram)
    const end = inSpan(() => histogram.startTimer({ route: '/a' }))
    const endOfChild = inSpan(() => histogram.labels('/b').startTimer(), OTHER)
    expect(inSpan(() => end(), OTHER)).toBeGreaterThan(0)
    endOfChild()
    expect(await scraped()).toEqual([
      ['/a', 1],
      ['/b', 1],
    ])
    expect((await exemplars()).map((one) => (one as unknown[])[0])).toEqual([TRACE, OTHER])
  })

  test('startTimer takes a label named value for what it is', async () => {
    const shared = { help: 'odd', labelNames: ['value'] as const, registers: [registry], enableExemplars: true }
    const odd = withExemplars(new Histogram({ name: 'odd', buckets: [10.5], ...shared }))
    inSpan(() => odd.startTimer({ value: '7' })())
    const [sample] = (await scrape()).filter(({ name }) => name === 'odd_bucket')
    expect(sample).toMatchObject({ labels: { value: '7', le: '10.5' }, value: 1, exemplar: { labels: TRACE } })
  })

  test('startTimer notes the span at its end where there was none before', async () => {
    withExemplars(histogram)
    const end = histogram.startTimer()
    inSpan(() => end({ route: '/a' }))
    expect((await exemplars()).map((one) => (one as unknown[])[0])).toEqual([TRACE])
  })
})

describe('withExemplars refuses', () => {
  test('a metric that was made without enableExemplars', () => {
    const plain = new Counter({ name: 'plain', help: 'plain', registers: [registry] })
    expect(() => withExemplars(plain)).toThrow('made with enableExemplars: true')
    expect(() => withExemplars(plain)).toThrow(TracingConfigError)
  })

  test.each([undefined, null, 'requests', {}])('what is no metric: %o', (metric) => {
    expect(() => withExemplars(metric as never)).toThrow(TracingConfigError)
  })

  test('a Gauge, which has no exemplars', () => {
    const gauge = new Gauge({ name: 'gauge', help: 'gauge', registers: [registry], enableExemplars: true })
    expect(() => withExemplars(gauge as never)).toThrow(TracingConfigError)
  })
})
