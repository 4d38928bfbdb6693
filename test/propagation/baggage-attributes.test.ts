import { propagation, ROOT_CONTEXT, trace, type Attributes, type Context } from '@opentelemetry/api'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { TracingConfigError } from '../../src/internal/checks/validate.js'
import { baggageSpanProcessor } from '../../src/propagation/baggage-attributes.js'

afterEach(() => {
  vi.restoreAllMocks()
})

function contextWith(entries: Record<string, unknown>): Context {
  const made = Object.entries(entries).map(([key, value]) => [key, { value: value as string }] as const)
  return propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage(Object.fromEntries(made)))
}

/** The attributes of a span that starts under this context, when these keys are listed. */
function attributesOf(keys: readonly string[], context: Context, attributes: Attributes = {}): Attributes {
  const exporter = new InMemorySpanExporter()
  const spanProcessors = [baggageSpanProcessor(keys), new SimpleSpanProcessor({ exporter })]
  const provider = new TracerProvider({ spanProcessors })
  provider.getTracer('test').startSpan('work', { attributes }, context).end()
  return exporter.getFinishedSpans()[0]?.attributes ?? {}
}

describe('entries of baggage on spans', () => {
  test('are those that are listed, and no others', () => {
    const context = contextWith({ 'tenant.id': '7', 'user.email': 'a@b.example', 'tenant.id.x': '8', tenant: '9' })
    expect(attributesOf(['tenant.id', 'missing'], context)).toEqual({ 'tenant.id': '7' })
    expect(attributesOf([], context)).toEqual({})
  })

  test('may be listed by their beginning', () => {
    const context = contextWith({ 'app.a': '1', 'app.b.c': '2', app: '3', application: '4', 'my.app.d': '5' })
    expect(attributesOf(['app.*'], context)).toEqual({ 'app.a': '1', 'app.b.c': '2' })
    expect(attributesOf(['app.*', 'app'], context)).toEqual({ 'app.a': '1', 'app.b.c': '2', app: '3' })
  })

  test('do not write over what the span has', () => {
    const context = contextWith({ 'tenant.id': 'forged', tier: 'gold' })
    const attributes = { 'tenant.id': 'own', constructor: 'x' }
    expect(attributesOf(['tenant.id', 'tier'], context, attributes)).toEqual({ ...attributes, tier: 'gold' })
  })

  test('may be named as what every object has', () => {
    expect(attributesOf(['constructor'], contextWith({ constructor: 'c' }))).toEqual({ constructor: 'c' })
  })

  test('are none without baggage', () => {
    expect(attributesOf(['tenant.id'], ROOT_CONTEXT)).toEqual({})
  })

  test('are on every span of a plain NodeSDK, children too', async () => {
    const exporter = new InMemorySpanExporter()
    const spanProcessors = [baggageSpanProcessor(['tier']), new SimpleSpanProcessor({ exporter })]
    const sdk = new NodeSDK({ spanProcessors, metricReaders: [], logRecordProcessors: [], autoDetectResources: false })
    sdk.start()
    const context = contextWith({ tier: 'gold', secret: 'x' })
    const tracer = trace.getTracer('test')
    const parent = tracer.startSpan('parent', {}, context)
    tracer.startSpan('child', {}, trace.setSpan(context, parent)).end()
    parent.end()
    expect(exporter.getFinishedSpans().map(({ attributes }) => attributes)).toEqual([
      { tier: 'gold' },
      { tier: 'gold' },
    ])
    await sdk.shutdown()
    trace.disable()
  })

  test('do no harm when the baggage is broken', () => {
    const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const broken = {
      getAllEntries() {
        throw new Error('broken')
      },
    }
    expect(attributesOf(['a'], propagation.setBaggage(ROOT_CONTEXT, broken as never))).toEqual({})
    expect(told.mock.calls).toEqual([['spanwright: baggage could not be copied to a span: broken\n']])
  })
})

describe('the list', () => {
  test.each([
    ['*', 'ERR_OPTION_RANGE'],
    ['', 'ERR_OPTION_RANGE'],
    ['**', 'ERR_OPTION_RANGE'],
    ['*.id', 'ERR_OPTION_RANGE'],
    ['app.*.id', 'ERR_OPTION_RANGE'],
    [5, 'ERR_OPTION_TYPE'],
  ])('must not have %j in it', (key, code) => {
    const wrong = expect.objectContaining({ code, option: 'baggageAttributes[1]' }) as unknown
    expect(() => baggageSpanProcessor(['ok', key as string])).toThrow(TracingConfigError)
    expect(() => baggageSpanProcessor(['ok', key as string])).toThrow(wrong)
  })

  test('says what is allowed', () => {
    expect(() => baggageSpanProcessor(['*'])).toThrow(
      'baggageAttributes[0] must be a baggage key, or the beginning of keys with * behind it, as in app.*, got "*"',
    )
    expect(() => baggageSpanProcessor('tenant.id' as never)).toThrow(
      'baggageAttributes must be an array, got "tenant.id"',
    )
  })

  test('may be empty', () => {
    baggageSpanProcessor([])
    baggageSpanProcessor(['app.*', 'tenant.id'])
  })
})
