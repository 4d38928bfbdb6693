import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { PgInstrumentation, type PgInstrumentationConfig } from '@opentelemetry/instrumentation-pg'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { beforeAll, expect, test, vi } from 'vitest'
import { withPgCallers } from '../../../src/instrumentation/databases/pg.js'
import type { InstrumentationClass } from '../../../src/instrumentation/instrumentation-class.js'
import { conventionsForScope } from '../../../src/internal/conventions/for-scope.js'
import { contextWithSpan } from '../../../src/internal/otel-api/context-with-span.js'
import { tracerProviderWith } from '../../../src/tracer/tracer-provider.js'
import { EndedSpans } from '../../tracer/ended-spans.js'
import { facts } from '../http-client/traced-clients.js'

type Method = (this: unknown, ...args: unknown[]) => unknown
interface Inside {
  _getClientQueryPatch(): (original: Method) => Method
  _getPoolConnectPatch(): (original: Method) => Method
}

const Ours = withPgCallers(PgInstrumentation as unknown as InstrumentationClass, { contextWithSpan })

/** An option that leaves queries to upstream's code, and changes nothing. */
const BY_UPSTREAM: PgInstrumentationConfig = { requestHook: () => {}, connectionHook: () => {} }

function patched(config: PgInstrumentationConfig): {
  inside: Inside
  spans: EndedSpans
  instrumentation: PgInstrumentation
} {
  const instrumentation = new Ours({ ...config, enabled: false }) as unknown as PgInstrumentation
  const spans = new EndedSpans()
  instrumentation.setTracerProvider(tracerProviderWith({ conventionsForScope }, { spanProcessors: [spans] }))
  return { inside: instrumentation as unknown as Inside, spans, instrumentation }
}

class DatabaseError extends Error {
  readonly code = '42P01'
}

const CLIENT = {
  database: 'shop',
  connectionParameters: { database: 'shop', host: 'db', port: 5432, user: 'me' },
}
const TEXT = "SELECT 'alice' FROM orders"
const failed = new DatabaseError("no 'alice'")
const promised: Method = () => Promise.resolve('rows')
const refusing: Method = () => Promise.reject(failed)
const calling: Method = (...args) => void (args.at(-1) as Method)(null, 'rows')
const callingWithError: Method = (...args) => void (args.at(-1) as Method)(failed)
const throwing: Method = () => {
  throw failed
}

const QUERIES: Record<string, readonly [Method, ...unknown[]]> = {
  'a text': [promised, TEXT],
  'a text and values': [promised, TEXT, ['alice']],
  'a named statement': [promised, { name: 'orders', text: TEXT, values: [] }],
  'a callback': [calling, TEXT, () => 'called'],
  'values and a callback': [calling, { text: TEXT }, ['alice'], () => 'called'],
  'a failure': [refusing, TEXT],
  'a failure with a callback': [callingWithError, TEXT, (error: unknown) => error],
  'a failure at once': [throwing, TEXT],
}

beforeAll(() => context.setGlobalContextManager(new AsyncLocalStorageContextManager()))

test.each(Object.entries(QUERIES))(
  'the span of a query is that which upstream makes: %s',
  async (_name, [original, ...args]) => {
    const seen = async (config: PgInstrumentationConfig): Promise<unknown> => {
      const { inside, spans } = patched(config)
      const query = inside._getClientQueryPatch()(original)
      const result = await new Promise((resolve) => resolve(query.apply(CLIENT, [...args]))).catch(
        (error: unknown) => error,
      )
      return [result, facts(spans.only)]
    }
    expect(await seen({})).toStrictEqual(await seen(BY_UPSTREAM))
  },
)

test('the span of a wait for a connection is that which upstream makes, and connections are opened below it', async () => {
  const seen = async (config: PgInstrumentationConfig): Promise<unknown> => {
    const { inside, spans } = patched(config)
    const pool = { options: { host: 'db', port: 5432, database: 'shop', idleTimeoutMillis: 10, max: 4 }, on() {} }
    const within: unknown[] = []
    const connect = inside._getPoolConnectPatch()(function (callback) {
      within.push(trace.getActiveSpan() === spans.started.at(-1))
      return callback === undefined ? Promise.reject(failed) : void (callback as Method)(null, 'client', 'done')
    })
    connect.call(pool, (...results: unknown[]) => within.push([trace.getActiveSpan(), ...results]))
    within.push(await Promise.resolve(connect.call(pool)).catch((error: unknown) => error))
    return [within, spans.ended.map(facts)]
  }
  const ours = await seen({})
  expect(ours).toMatchObject([
    [true, [undefined, null, 'client', 'done'], true, failed],
    [{}, {}],
  ])
  expect(ours).toStrictEqual(await seen(BY_UPSTREAM))
})

test('callbacks run in the context of their caller, a promise of any class is awaited', () => {
  const { inside, spans } = patched({})
  const parent = trace.wrapSpanContext({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 })
  const query = inside._getClientQueryPatch()((_text, callback) => context.with(ROOT_CONTEXT, callback as Method))
  const callback = vi.fn(() => trace.getActiveSpan() === parent)
  context.with(trace.setSpan(ROOT_CONTEXT, parent), () => query.call(CLIENT, TEXT, callback))
  expect(callback).toHaveReturnedWith(true)
  expect(spans.ended[0]?.parentSpanContext?.spanId).toBe('b'.repeat(16))
  const thenable = { then: (resolve: Method) => resolve('rows') }
  inside
    ._getClientQueryPatch()(() => thenable)
    .call(CLIENT, TEXT)
  expect(spans.ended).toHaveLength(2)
})

test('without a parent there is no span where one is required; what is measured goes by upstream', () => {
  const { inside, spans } = patched({ requireParentSpan: true })
  inside
    ._getClientQueryPatch()(calling)
    .call(CLIENT, TEXT, () => {})
  inside
    ._getPoolConnectPatch()(calling)
    .call({ options: {}, on() {} }, () => {})
  expect(spans.started).toEqual([])
  const measured = patched({})
  measured.instrumentation.setMeterProvider(new MeterProvider())
  const record = vi.spyOn(
    measured.instrumentation as unknown as { recordOperationDuration: Method },
    'recordOperationDuration',
  )
  measured.inside
    ._getClientQueryPatch()(calling)
    .call(CLIENT, TEXT, () => {})
  expect(record).toHaveBeenCalledOnce()
  expect(measured.spans.ended).toHaveLength(1)
})
