import { context } from '@opentelemetry/api'
import { getRPCMetadata, RPCType } from '@opentelemetry/core'
import { subscribe } from 'node:diagnostics_channel'

/** The part of a Fastify instance and request that is used here. */
interface FastifyLike {
  addHook(
    name: 'onRequest',
    hook: (request: { routeOptions?: { url?: string } }, reply: unknown, done: () => void) => void,
  ): void
}

/**
 * Gives the server spans of Fastify apps their `http.route` and with it their name (`GET /items/:id`). OpenTelemetry has no
 * instrumentation for Fastify; Fastify announces each instance on a diagnostics channel, and the HTTP instrumentation reads
 * the route from the request's RPC metadata, as the Express and Koa instrumentations hand it over.
 */
export function nameFastifyRoutes(): void {
  subscribe('fastify.initialization', (message) => {
    const { fastify } = message as { fastify: FastifyLike }
    fastify.addHook('onRequest', (request, _reply, done) => {
      const rpc = getRPCMetadata(context.active())
      const route = request.routeOptions?.url
      if (rpc?.type === RPCType.HTTP && route !== undefined) rpc.route = route
      done()
    })
  })
}
