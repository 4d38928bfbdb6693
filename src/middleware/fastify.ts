import { context } from '@opentelemetry/api'
import { type NodeRequest, type NodeResponse, openNodeServerSpan } from './server-span/node-server-span.js'
import { checkMiddlewareOptions, type MiddlewareOptions } from './options.js'
import type { ServerSpan } from './server-span/server-span.js'

/** The part of Fastify's request that is used here. */
export interface FastifyRequestLike {
  readonly raw: NodeRequest
  /** Without a `url` where no route was found. */
  readonly routeOptions: { readonly url?: string | undefined }
}

export interface FastifyReplyLike {
  readonly raw: NodeResponse
}

export interface FastifyInstanceLike {
  addHook(
    name: 'onRequest' | 'preValidation',
    hook: (request: FastifyRequestLike, reply: FastifyReplyLike, done: () => void) => void,
  ): unknown
  addHook(
    name: 'onError',
    hook: (request: FastifyRequestLike, reply: FastifyReplyLike, error: Error, done: () => void) => void,
  ): unknown
}

export type TracingPlugin = (
  instance: FastifyInstanceLike,
  options: MiddlewareOptions<FastifyRequestLike>,
) => Promise<void>

/**
 * Plugin for Fastify 4 and 5: a SERVER span for each request, in the trace and with the baggage that its headers carry,
 * named `METHOD route`. It counts for the whole instance that it is registered with, and all within.
 *
 * ```ts
 * await app.register(tracingPlugin, { ignore: ({ raw }) => raw.url === '/health' })
 * ```
 *
 * For servers without instrumentation. Where OpenTelemetry's http instrumentation runs, its span gets the route and the
 * errors, and there is no second one.
 *
 * Registering it rejects with a TracingConfigError when an option is wrong.
 */
// Async, since Fastify waits for the others to call `done`; a wrong option then rejects.
// eslint-disable-next-line @typescript-eslint/require-await -- nothing in it has to be awaited
export const tracingPlugin: TracingPlugin = notEncapsulated(async (instance, options) => {
  checkMiddlewareOptions(options)
  const spans = new WeakMap<object, ServerSpan>()
  instance.addHook('onRequest', (request, reply, done) => {
    const route = (): string | undefined => request.routeOptions.url
    const server = openNodeServerSpan([request.raw, reply.raw], options, request, { route })
    if (server === undefined) {
      done()
      return
    }
    spans.set(request.raw, server)
    context.with(server.context, done)
  })
  // A body that was parsed by something of its own (multipart, a pool) may have called back from anywhere.
  instance.addHook('preValidation', (request, _reply, done) => {
    const server = spans.get(request.raw)
    if (server === undefined) done()
    else context.with(server.context, done)
  })
  instance.addHook('onError', (request, _reply, error, done) => {
    spans.get(request.raw)?.noteError(error)
    done()
  })
})

/** As fastify-plugin does it; otherwise the hooks would count for routes within this plugin alone. */
function notEncapsulated(plugin: TracingPlugin): TracingPlugin {
  return Object.assign(plugin, {
    [Symbol.for('skip-override')]: true,
    [Symbol.for('fastify.display-name')]: 'spanwright',
    [Symbol.for('plugin-meta')]: { name: 'spanwright', fastify: '>=4' },
  })
}
