import type { Instrumentation } from '@opentelemetry/instrumentation'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { pipeline } from 'node:stream/promises'
import { describe } from 'vitest'
import { tracingMiddleware, type NextFunction } from '../../src/middleware/express.js'
import { describeMiddleware, routes, type App, type AppOptions } from './contract.js'
import { listening } from './listening.js'

const require = createRequire(import.meta.url)

interface Request extends IncomingMessage {
  params: Record<string, string>
  body: unknown
}
interface Response extends ServerResponse {
  json(body: unknown): void
}
type Handler = (request: Request, response: Response, next: NextFunction) => unknown
interface Router {
  use(...handlers: unknown[]): void
  get(path: unknown, ...handlers: Handler[]): void
  post(path: unknown, ...handlers: Handler[]): void
}
type Express = ((request: IncomingMessage, response: ServerResponse) => void) &
  Router & { set(key: string, value: unknown): void }
interface ExpressModule {
  (): Express
  json(): Handler
  Router(options?: object): Router
}

const VERSIONS = [
  ['Express 5', 'express'],
  ['Express 4', require.resolve('express', { paths: [require.resolve('json-server')] })],
] as const

describe.each(VERSIONS)('%s', (version, path) => {
  const serve = async ({ traceResponseHeaders, ignoredPath }: AppOptions, load: NodeJS.Require): Promise<App> => {
    const express = load(path) as ExpressModule
    const app = express()
    app.set('env', 'test')
    const tracing = tracingMiddleware({ traceResponseHeaders, ignore: ({ url }) => url === ignoredPath })
    app.use(tracing)
    app.use(express.json())
    app.get('/orders/:id', async (request, response) => {
      response.setHeader('server-timing', 'db;dur=5')
      response.json(await routes.order(request.params.id ?? ''))
    })
    app.post('/orders', (request, response) => response.json(routes.created(request.body)))
    app.get('/boom', () => routes.boom())
    app.get('/refused', () => {
      throw routes.refused
    })
    app.get('/stream', (_request, response) => pipeline(routes.stream(), response))
    app.get('/hang', () => routes.hang())
    if (version === 'Express 4') app.use(tracing.errorHandler)
    return listening(createServer(app))
  }
  const instrumentations = (): Instrumentation[] => {
    const { ExpressInstrumentation } = require('@opentelemetry/instrumentation-express') as {
      ExpressInstrumentation: new () => Instrumentation
    }
    return [new ExpressInstrumentation()]
  }
  describeMiddleware({ serve, instrumentations })
})
