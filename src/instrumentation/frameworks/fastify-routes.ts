import { context } from '@opentelemetry/api'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { activeHttpMetadata } from '../../internal/http/served-request.js'
import type { ContextOfRequest } from '../http/in-process-requests.js'

/** The part of a Fastify instance and request that is used here. */
export interface FastifyLike {
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
 * A request that a handler has injected gets a span of its own, and leaves that of the handler's request alone.
 */
export function nameFastifyRoutes(fastify: FastifyLike, contextOf?: ContextOfRequest): void {
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
}
