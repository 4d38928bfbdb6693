import type { Instrumentation } from '@opentelemetry/instrumentation'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createRequire } from 'node:module'
import { Readable } from 'node:stream'
import { json } from 'node:stream/consumers'
import { tracingKoa, type KoaMiddleware } from '../../src/middleware/koa.js'
import { describeMiddleware, routes, type App, type AppOptions } from './contract.js'
import { listening } from './listening.js'

const require = createRequire(import.meta.url)

interface Context {
  readonly req: IncomingMessage
  readonly method: string
  readonly path: string
  _matchedRoute?: string
  body: unknown
  set(name: string, value: string): void
}
type Handler = (ctx: Context, id: string) => unknown
interface Koa {
  use(middleware: KoaMiddleware | ((ctx: Context, next: () => Promise<unknown>) => Promise<unknown>)): this
  callback(): RequestListener
  silent: boolean
}

const HANDLERS: readonly [method: string, route: string, pattern: RegExp, handler: Handler][] = [
  [
    'GET',
    '/orders/:id',
    /^\/orders\/(.+)$/,
    async (ctx, id) => {
      ctx.set('server-timing', 'db;dur=5')
      ctx.body = await routes.order(id)
    },
  ],
  ['POST', '/orders', /^\/orders$/, async (ctx) => (ctx.body = routes.created(await json(ctx.req)))],
  ['GET', '/boom', /^\/boom$/, () => routes.boom()],
  [
    'GET',
    '/refused',
    /^\/refused$/,
    () => {
      throw routes.refused
    },
  ],
  ['GET', '/stream', /^\/stream$/, (ctx) => (ctx.body = Readable.from(routes.stream()))],
  ['GET', '/hang', /^\/hang$/, () => routes.hang()],
]

/** What @koa/router leaves in the context. */
async function router(ctx: Context, next: () => Promise<unknown>): Promise<unknown> {
  for (const [method, route, pattern, handler] of HANDLERS) {
    const match = pattern.exec(ctx.path)
    if (!match || (method !== ctx.method && ctx.method !== 'HEAD')) continue
    ctx._matchedRoute = route
    return await handler(ctx, match[1] ?? '')
  }
  return await next()
}

async function serve({ traceResponseHeaders, ignoredPath }: AppOptions, load: NodeJS.Require): Promise<App> {
  const app = new (load('koa') as new () => Koa)()
  app.silent = true
  app.use(tracingKoa({ traceResponseHeaders, ignore: ({ req }) => req.url === ignoredPath }))
  app.use(router)
  return listening(createServer(app.callback()))
}

function instrumentations(): Instrumentation[] {
  const { KoaInstrumentation } = require('@opentelemetry/instrumentation-koa') as {
    KoaInstrumentation: new () => Instrumentation
  }
  return [new KoaInstrumentation()]
}

describeMiddleware({ serve, instrumentations })
