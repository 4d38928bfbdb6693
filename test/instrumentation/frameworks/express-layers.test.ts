/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-non-null-assertion -- two versions of Express, of which one has types */
import {
  context,
  createContextKey,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { RPCType, setRPCMetadata, type RPCMetadata } from '@opentelemetry/core'
import { ExpressInstrumentation, type ExpressInstrumentationConfig } from '@opentelemetry/instrumentation-express'
import { SamplingDecision, type ReadableSpan, type Sampler } from '@opentelemetry/sdk-trace'
import assert from 'node:assert'
import { once } from 'node:events'
import { createServer, request, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withExpressLayers } from '../../../src/instrumentation/frameworks/express/layers.js'
import { whenClosed } from '../../../src/instrumentation/http-server/after-close.js'
import { safely } from '../../../src/internal/diagnostics/diagnostics.js'
import { contextWithSpan } from '../../../src/internal/otel-api/context-with-span.js'
import type { InstrumentationClass } from '../../../src/instrumentation/instrumentation-class.js'
import { TracerProvider } from '../../../src/tracer/tracer-provider.js'
import { EndedSpans } from '../../tracer/ended-spans.js'
import { SCENARIOS, type Express, type Scenario } from './express-apps.js'

const require = createRequire(import.meta.url)
const VERSIONS = { 'Express 4': 'json-server/node_modules/express', 'Express 5': 'express' } as const
type Version = keyof typeof VERSIONS

const upstream = ExpressInstrumentation as unknown as InstrumentationClass
const ours = withExpressLayers(upstream, { contextWithSpan, safely, whenClosed })

/** A copy of Express of its own, as a patch changes what all apps share. */
function patchedExpress(version: Version, instrumentation: InstanceType<InstrumentationClass>): Express {
  for (const file of Object.keys(require.cache)) {
    if (/[\\/]node_modules[\\/](express|router)[\\/]/.test(file)) Reflect.deleteProperty(require.cache, file)
  }
  const express: Express = require(VERSIONS[version])
  const [definition] = [instrumentation.init() ?? []].flat()
  return definition?.patch?.(express, '0') ?? express
}

/** An app behind a server span of its own, and what is to be seen of the requests to it. */
class Side {
  readonly express: Express
  readonly #spans = new EndedSpans()
  readonly #provider: TracerProvider
  #server: Server | undefined
  #route: string | undefined
  #isOver = false

  constructor(
    Class: InstrumentationClass,
    version: Version,
    config: ExpressInstrumentationConfig = {},
    sampler?: Sampler,
  ) {
    this.#provider = new TracerProvider({ spanProcessors: [this.#spans], ...(sampler && { sampler }) })
    const instrumentation = new Class({ ...config, enabled: false })
    instrumentation.setTracerProvider(this.#provider)
    this.express = patchedExpress(version, instrumentation)
  }

  async serve(app: RequestListener): Promise<void> {
    this.#server = createServer((incoming, response) => {
      const span = this.tracer.startSpan('server', { kind: SpanKind.SERVER }, ROOT_CONTEXT)
      const metadata: RPCMetadata = { type: RPCType.HTTP, span }
      response.on('close', () => {
        this.#route = metadata.route
        setImmediate(() => {
          span.end()
          this.#isOver = true
        })
      })
      context.with(setRPCMetadata(trace.setSpan(ROOT_CONTEXT, span), metadata), () => app(incoming, response))
    })
    await once(this.#server.listen(0, '127.0.0.1'), 'listening')
  }

  get tracer(): Tracer {
    return this.#provider.getTracer('server')
  }

  get ended(): string[] {
    return this.#spans.names
  }

  async ask(wanted: string): Promise<{ answer: string; route: string | undefined; spans: ReadableSpan[] }> {
    this.#spans.ended.length = 0
    this.#isOver = false
    const [path = '', method = 'GET'] = wanted.split(' ').toReversed()
    const { port } = this.#server?.address() as AddressInfo
    const [response] = (await once(request({ port, path, method }).end(), 'response')) as [NodeJS.ReadableStream]
    let text = ''
    for await (const chunk of response) text += String(chunk)
    const deadline = performance.now() + 5_000
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- set by a listener
    while (!this.#isOver && performance.now() < deadline) await new Promise(setImmediate)
    const { statusCode } = response as { statusCode?: number }
    return { answer: `${String(statusCode)} ${text.slice(0, 40)}`, route: this.#route, spans: [...this.#spans.ended] }
  }

  async close(): Promise<void> {
    this.#server?.closeAllConnections()
    if (this.#server) await once(this.#server.close(), 'close')
  }
}

/** In the order of their start, each with those that it is in. */

function described(spans: readonly ReadableSpan[]) {
  const byId = new Map(spans.map((span) => [span.spanContext().spanId, span]))
  const pathOf = (span: ReadableSpan): string => {
    const parent = byId.get(span.parentSpanContext?.spanId ?? '')
    return `${parent ? `${pathOf(parent)} > ` : ''}${span.name}`
  }
  const order = (span: ReadableSpan): number => span.startTime[0] * 1e9 + span.startTime[1]
  return spans
    .toSorted((a, b) => order(a) - order(b))
    .map((span) => ({
      path: pathOf(span),
      name: span.attributes['express.name'],
      kind: span.kind,
      attributes: Object.entries(span.attributes),
      status: span.status,
      exceptions: span.events.map(({ attributes }) => attributes?.['exception.message']),
    }))
}

beforeAll(() => context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()))
afterAll(() => context.disable())

type Described = ReturnType<typeof described>[number]

async function asked(side: Side, app: RequestListener, requests: readonly string[]): Promise<Asked[]> {
  await side.serve(app)
  const seen: Asked[] = []
  for (const wanted of requests) {
    const { spans, ...rest } = await side.ask(wanted)
    seen.push({ wanted, ...rest, spans: described(spans) })
  }
  await side.close()
  return seen
}

interface Asked {
  readonly wanted: string
  readonly answer: string
  readonly route: string | undefined
  readonly spans: readonly Described[]
}

async function bothAsked(
  version: Version,
  { app, requests }: Scenario,
  config: ExpressInstrumentationConfig = {},
): Promise<{ theirs: Asked[]; ours: Asked[] }> {
  const of = (Class: InstrumentationClass): Promise<Asked[]> => {
    const side = new Side(Class, version, config)
    return asked(side, app(side.express, version === 'Express 5'), requests)
  }
  return { theirs: await of(upstream), ours: await of(ours) }
}

/** What is not as upstream has it, on purpose. */
const mended = ({ wanted, route, answer, spans }: Asked): Asked => ({
  wanted,
  answer,
  // To the root with a query upstream finds none.
  route: wanted.startsWith('/?') ? '/' : route,
  spans: spans.map((span) => ({
    ...span,
    // The router of Express 5.3 has no path where upstream looks for one.
    path: span.path.replace(/request handler$/, `request handler - ${String(span.name)}`),
    // A text is no exception.
    exceptions: span.exceptions.filter((message) => message !== 'a text'),
  })),
})

/** Without the paths of handlers in their names, as above. */
const pathsAndAttributes = ({ spans }: Asked): unknown =>
  spans.map(({ path, attributes }) => [path.replaceAll(/request handler - [^ |]+/g, 'request handler'), attributes])

describe.each(Object.keys(VERSIONS) as Version[])('%s', (version) => {
  test.each(Object.entries(SCENARIOS))(
    'has the same spans, routes and answers as with upstream: %s',
    async (_, scenario) => {
      const both = await bothAsked(version, scenario)
      expect(both.ours.flatMap(({ spans }) => spans).length).toBeGreaterThan(scenario.requests.length)
      expect(both.ours).toEqual(both.theirs.map(mended))
    },
  )

  test.each<[string, ExpressInstrumentationConfig]>([
    ['ignoreLayersType', { ignoreLayersType: ['middleware', 'request_handler'] as never }],
    ['ignoreLayers', { ignoreLayers: ['middleware - auth', /router - .*users/, (name) => name.endsWith('log')] }],
    ['spanNameHook', { spanNameHook: ({ route, layerType }, name) => `${name}|${layerType}|${route}` }],
    ['a spanNameHook that fails', { spanNameHook: () => assert.fail() }],
    ['requestHook', { requestHook: (span, info) => span.setAttribute('hooked', `${info.layerType} ${info.route}`) }],
    ['a requestHook that fails', { requestHook: () => assert.fail() }],
  ])('does with options what upstream does: %s', async (_, config) => {
    for (const name of ['middleware and routes', 'nested routers']) {
      const both = await bothAsked(version, SCENARIOS[name]!, config)
      expect(both.ours.map(pathsAndAttributes)).toEqual(both.theirs.map(pathsAndAttributes))
    }
  })

  test('keeps the routes where spans of handlers are not wanted, and where nothing is sampled', async () => {
    const scenario = SCENARIOS['nested routers']!
    const routes = (await bothAsked(version, scenario)).ours.map(({ route }) => route)
    const without = await bothAsked(version, scenario, { ignoreLayersType: ['request_handler'] as never })
    expect(without.ours.map(({ route }) => route)).toEqual(routes)
    const side = new Side(
      ours,
      version,
      {},
      {
        shouldSample: () => ({ decision: SamplingDecision.NOT_RECORD }),
      },
    )
    const seen = await asked(side, scenario.app(side.express, version === 'Express 5'), scenario.requests)
    expect(seen.map(({ route }) => route)).toEqual(routes)
    expect(seen.flatMap(({ spans }) => spans)).toEqual([])
  })

  test('a router can be changed by way of its layer', async () => {
    const side = new Side(ours, version)
    const router = side.express.Router()
    router.get('/', (_request: unknown, response: ServerResponse) => response.end('first'))
    const app = side.express()
    app.use('/at', router)
    const layer = app[version === 'Express 5' ? 'router' : '_router'].stack.at(-1)
    expect(layer.handle.stack).toBe(router.stack)
    layer.handle.stack = []
    expect(router.stack).toEqual([])
    expect((await asked(side, app, ['/at']))[0]?.answer).toContain('404')
  })

  test('a layer that hands the request on in a context of its own keeps what it has put there, except its span', async () => {
    const side = new Side(ours, version)
    const key = createContextKey('of the layer')
    const app = side.express()
    app.use(function outer(_request: unknown, _response: unknown, next: () => void) {
      const span = side.tracer.startSpan('own')
      context.with(trace.setSpan(context.active().setValue(key, 'kept'), span), next)
      span.end()
    })
    app.get('/', (_request: unknown, response: ServerResponse) => response.end(String(context.active().getValue(key))))
    const [seen] = await asked(side, app, ['/'])
    expect(seen?.answer).toBe('200 kept')
    const paths = seen?.spans.map(({ path }) => path)
    // Express 4 has two layers of its own.
    expect(paths?.filter((path) => !/query|expressInit/.test(path))).toEqual([
      'server',
      'server > middleware - outer',
      'server > middleware - outer > own',
      'server > request handler - /',
    ])
  })

  test('a layer that runs when the response is closed already has a span that ends', async () => {
    const side = new Side(ours, version)
    const app = side.express()
    app.use(function slow(_request: unknown, response: ServerResponse, next: () => void) {
      response.on('close', () => setImmediate(next))
      response.end('done')
    })
    app.use(function late() {})
    await side.serve(app)
    await side.ask('/')
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
    expect(side.ended).toContain('middleware - late')
    await side.close()
  })
})

test('a rejected handler of Express 5 is an error of its span where the response is one', async () => {
  const side = new Side(ours, 'Express 5')
  const app = side.express()
  app.set('env', 'test')
  app.get('/', async () => Promise.reject(new Error('rejected')))
  const [seen] = await asked(side, app, ['/'])
  const [, handler] = seen?.spans ?? []
  expect(handler?.exceptions).toEqual(['rejected'])
  expect(handler?.status.code).toBe(SpanStatusCode.ERROR)
})
