import { Counter, Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { TracingConfigError } from '../../src/internal/checks/validate.js'
import { checkSpanMetrics } from '../../src/metrics/span-metrics-options.js'

const errorOf = (options: unknown): TracingConfigError => {
  try {
    checkSpanMetrics(options as never)
  } catch (error) {
    if (error instanceof TracingConfigError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('spanMetrics', () => {
  test.each([
    [{}],
    [{ dimensions: ['http.route', 'http.response.status_code'], maxSeries: 2, names: 'tempo' }],
    [{ histogram: 'exponential' }],
    [{ histogram: 'exponential', buckets: [0.1, 1], registry: new Registry() }],
    [{ names: 'tempo', dimensions: ['service.name'] }],
  ])('takes %o', (options) => {
    expect(() => checkSpanMetrics(options as never)).not.toThrow()
  })

  test.each([
    [[], 'spanMetrics', 'ERR_OPTION_TYPE'],
    [{ dimension: [] }, 'spanMetrics.dimension', 'ERR_OPTION_UNKNOWN'],
    [{ dimensions: 'http.route' }, 'spanMetrics.dimensions', 'ERR_OPTION_TYPE'],
    [{ dimensions: ['a', 7] }, 'spanMetrics.dimensions[1]', 'ERR_OPTION_TYPE'],
    [{ dimensions: [''] }, 'spanMetrics.dimensions[0]', 'ERR_OPTION_RANGE'],
    [{ dimensions: ['span.name'] }, 'spanMetrics.dimensions[0]', 'ERR_OPTION_RANGE'],
    [{ dimensions: ['http.route', 'http_route'] }, 'spanMetrics.dimensions[1]', 'ERR_OPTION_RANGE'],
    [{ dimensions: ['status.code'], names: 'tempo' }, 'spanMetrics.dimensions[0]', 'ERR_OPTION_RANGE'],
    [{ maxSeries: 1 }, 'spanMetrics.maxSeries', 'ERR_OPTION_RANGE'],
    [{ maxSeries: 2.5 }, 'spanMetrics.maxSeries', 'ERR_OPTION_RANGE'],
    [{ histogram: 'native' }, 'spanMetrics.histogram', 'ERR_OPTION_RANGE'],
    [{ names: 'otel' }, 'spanMetrics.names', 'ERR_OPTION_RANGE'],
    [{ buckets: 1 }, 'spanMetrics.buckets', 'ERR_OPTION_TYPE'],
    [{ buckets: [] }, 'spanMetrics.buckets', 'ERR_OPTION_RANGE'],
    [{ buckets: [0, 1] }, 'spanMetrics.buckets', 'ERR_OPTION_RANGE'],
    [{ buckets: [1, 1] }, 'spanMetrics.buckets', 'ERR_OPTION_RANGE'],
    [{ buckets: [1, NaN] }, 'spanMetrics.buckets', 'ERR_OPTION_RANGE'],
    [{ buckets: [1, Infinity] }, 'spanMetrics.buckets', 'ERR_OPTION_RANGE'],
    [{ buckets: [1], histogram: 'exponential' }, 'spanMetrics.buckets', 'ERR_OPTION_RANGE'],
    [{ registry: {} }, 'spanMetrics.registry', 'ERR_OPTION_TYPE'],
  ])('refuses %o', (options, option, code) => {
    expect(errorOf(options)).toMatchObject({ option, code })
  })

  test('refuses a registry that has a metric of such a name', () => {
    const registry = new Registry()
    new Counter({ name: 'traces_span_metrics_calls_total', help: 'x', registers: [registry] })
    expect(errorOf({ registry })).toMatchObject({ option: 'spanMetrics.registry', code: 'ERR_OPTION_RANGE' })
  })
})
