import { context } from '@opentelemetry/api'
import { getRPCMetadata, RPCType } from '@opentelemetry/core'

/** The part of a Fastify instance and request that is used here. */
export interface FastifyLike {
  addHook(
    name: 'onRequest',
    hook: (request: { routeOptions?: { url?: string } }, reply: unknown, done: () => void) => void,
  ): void
}

/**
 * Gives the server spans of a Fastify app their `http.route` and with it their name (`GET /items/:id`). The HTTP
 * instrumentation reads the route from the request's RPC metadata, as the Express and Koa instrumentations hand it over.
 */
export function nameFastifyRoutes(fastify: FastifyLike): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    const rpc = getRPCMetadata(context.active())
    const route = request.routeOptions?.url
    if (rpc?.type === RPCType.HTTP && route !== undefined) rpc.route = route
    done()
  })
}
