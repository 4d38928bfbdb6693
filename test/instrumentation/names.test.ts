import { afterEach, describe, expect, test, vi } from 'vitest'
import { byShortName, checkInstrumentationConfig, shortNameOf } from '../../src/instrumentation/names.js'
import { selectInstrumentations, wantsFastify } from '../../src/instrumentation/selection.js'
import { TracingConfigError } from '../../src/index.js'

const wrongly = (config: object): TracingConfigError => {
  try {
    checkInstrumentationConfig(config)
  } catch (error) {
    if (error instanceof TracingConfigError) return error
  }
  throw new Error('no TracingConfigError was thrown')
}

describe('an instrumentation in code', () => {
  test('has a short name and that of its package', () => {
    const config = { http: { enabled: false }, '@opentelemetry/instrumentation-pg': { requireParentSpan: true } }
    expect(() => checkInstrumentationConfig(config)).not.toThrow()
    expect(byShortName(config)).toEqual({ http: { enabled: false }, pg: { requireParentSpan: true } })
  })

  test.each(['fastify', '@fastify/otel', '@opentelemetry/instrumentation-fastify'])('of Fastify is %s, too', (name) => {
    expect(shortNameOf(name)).toBe('fastify')
  })

  test.each([
    ['htttp', 'http'],
    ['@opentelemetry/instrumentation-Undici', 'undici'],
    ['ioredi', 'ioredis'],
    ['mysql3', 'mysql, mysql2'],
  ])('that does not exist throws with the nearest names: %s', (name, nearest) => {
    const error = wrongly({ [name]: { enabled: false } })
    expect(error).toMatchObject({ code: 'ERR_OPTION_UNKNOWN', option: `instrumentationConfig.${name}` })
    expect(error.message).toContain(`(nearest: ${nearest})`)
  })

  test('that is given by both of its names throws, as one would be lost', () => {
    const error = wrongly({ http: { enabled: false }, '@opentelemetry/instrumentation-http': {} })
    expect(error.message).toContain('instrumentationConfig.http is the same instrumentation')
  })

  test('with options that are no object throws', () => {
    expect(wrongly({ pg: false })).toMatchObject({ code: 'ERR_OPTION_TYPE', option: 'instrumentationConfig.pg' })
  })
})

describe('an instrumentation in a variable', () => {
  const nothing = { config: {}, enabledNames: undefined, disabledNames: [], metricsAreOn: false, logsAreOn: false }
  const choice = { ...nothing, inLambda: false }
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  afterEach(() => stderr.mockClear())

  test('has a short name and that of its package', () => {
    const enabledNames = ['http', '@opentelemetry/instrumentation-pg']
    const names = selectInstrumentations({ ...choice, enabledNames }).map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['http', 'pg']))
    const disabledNames = ['@opentelemetry/instrumentation-http', '@fastify/otel']
    expect(selectInstrumentations({ ...choice, disabledNames }).map(({ name }) => name)).not.toContain('http')
    expect(wantsFastify({ ...choice, disabledNames })).toBe(false)
    expect(stderr).not.toHaveBeenCalled()
  })

  test('that does not exist is logged once with the nearest names, and ignored', () => {
    const wrong = { ...choice, disabledNames: ['expres'] }
    expect(selectInstrumentations(wrong)).toEqual(selectInstrumentations(choice))
    selectInstrumentations(wrong)
    expect(stderr.mock.calls).toEqual([
      ['spanwright: there is no instrumentation "expres" (nearest: express); the name is ignored\n'],
    ])
  })
})
