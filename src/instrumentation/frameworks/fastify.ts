import { trace, context, type Exception } from '@opentelemetry/api'
import type { Instrumentation, InstrumentationConfig } from '@opentelemetry/instrumentation'
import { subscribe } from 'node:diagnostics_channel'
import { safeGet } from '../../internal/checks/safe-get.js'
import { safely } from '../../internal/diagnostics/diagnostics.js'
import type { ContextOfRequest } from './in-process-requests.js'
import { createRequire } from 'node:module'
import { isAbsolute, join } from 'node:path'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { activeHttpMetadata } from '../../internal/http/served-request.js'

interface FastifyTracing {
  readonly contextOf: ContextOfRequest | undefined
  /** Called with the instrumentation that was started. */
  readonly started: (instrumentation: Instrumentation) => void
}

/**
 * Traces Fastify apps: by Fastify's own instrumentation where the app has it installed; in any case server spans get their
 * routes. Fastify announces each instance on a diagnostics channel, before the app gets it.
 */
export function traceFastify(config: InstrumentationConfig, { contextOf, started }: FastifyTracing): void {
  let isFirst = true
  let otel: FastifyOtel | undefined
  subscribe('fastify.initialization', (message) => {
    const { fastify } = message as { fastify: FastifyLike }
    // What throws here would end the process. And the routes come first: a hook added later is a span of its own.
    safely('the routes of Fastify could not be named', () => nameFastifyRoutes(fastify, contextOf))
    safely(`${FASTIFY_OTEL} could not be used, only the routes of Fastify are named`, () => {
      if (isFirst) {
        isFirst = false
        otel = fastifyOtelOfTheApp(config)
        otel?.setTracerProvider(trace.getTracerProvider())
        if (otel) started(otel)
      }
      otel?.plugin()(fastify, undefined, () => undefined)
    })
  })
}

export const FASTIFY_OTEL = '@fastify/otel'

/** Fastify's own instrumentation: a plugin that can also be called before the app has done anything. */
interface FastifyOtel extends Instrumentation {
  plugin(): (fastify: unknown, options: undefined, done: () => void) => void
}

type FastifyOtelModule = Readonly<Record<string, new (config: InstrumentationConfig) => FastifyOtel>>

/**
 * Fastify's own instrumentation where the app has it installed, and leaves its use to us; undefined otherwise. It is looked
 * for from the app's main file and from the working directory, which differ under fastify-cli.
 *
 * @throws whatever the package throws
 */
function fastifyOtelOfTheApp(config: InstrumentationConfig): FastifyOtel | undefined {
  for (const file of [process.argv[1] ?? '', join(process.cwd(), 'package.json')]) {
    // With --eval, arguments stand where the main file would.
    if (!isAbsolute(file)) continue
    const require = createRequire(file)
    const path = resolved(require)
    if (path === undefined) continue
    // An app that has loaded it registers it itself, and twice in one app it would throw.
    if (require.cache[path]) return undefined
    const { FastifyOtelInstrumentation } = require(path) as FastifyOtelModule
    if (!FastifyOtelInstrumentation) throw new Error('it has no FastifyOtelInstrumentation')
    return new FastifyOtelInstrumentation(config)
  }
  return undefined
}

function resolved(require: NodeJS.Require): string | undefined {
  try {
    return require.resolve(FASTIFY_OTEL)
  } catch {
    return undefined
  }
}

/** The part of a Fastify instance and request that is used here. */
interface FastifyLike {
  addHook(
    name: 'onError',
    hook: (request: unknown, reply: { readonly statusCode?: number }, error: unknown, done: () => void) => void,
  ): void
  addHook(
    name: 'onRequest',
    hook: (
      request: { readonly raw: IncomingMessage; readonly routeOptions?: { readonly url?: string } },
      reply: { readonly raw: ServerResponse },
      done: () => void,
    ) => void,
  ): void
}

/**
 * Gives the server spans of a Fastify app their `http.route` and with it their name (`GET /items/:id`). The HTTP
 * instrumentation reads the route from the request's RPC metadata, as the Express and Koa instrumentations hand it over.
 * A request that a handler has injected gets a span of its own, and leaves that of the handler's request alone. And the errors that
 * Fastify makes an answer of: the span has no other word of what has failed.
 */
function nameFastifyRoutes(fastify: FastifyLike, contextOf?: ContextOfRequest): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const proceed = (): void => {
      const metadata = activeHttpMetadata()
      const route = request.routeOptions?.url
      if (metadata && route !== undefined) metadata.route = route
      done()
    }
    const own = contextOf?.(request.raw, reply.raw)
    if (own) context.with(own, proceed)
    else proceed()
  })
  fastify.addHook('onError', (_request, _reply, error, done) => {
    safely('an error of Fastify is not recorded', () => recordFailure(error))
    done()
  })
}

/** What is thrown with a status below 500 tells the caller of something. */
function recordFailure(error: unknown): void {
  const status = safeGet(error, 'statusCode')
  if (typeof status === 'number' && status < 500) return
  activeHttpMetadata()?.span.recordException(error as Exception)
}
