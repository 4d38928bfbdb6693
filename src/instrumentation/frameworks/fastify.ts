import { trace } from '@opentelemetry/api'
import type { Instrumentation, InstrumentationConfig } from '@opentelemetry/instrumentation'
import { subscribe } from 'node:diagnostics_channel'
import { messageOf, warnOnce } from '../../internal/diagnostics/diagnostics.js'
import { FASTIFY_OTEL, fastifyOtelOfTheApp, type FastifyOtel } from './fastify-otel.js'
import { nameFastifyRoutes, type FastifyLike } from './fastify-routes.js'
import type { ContextOfRequest } from '../http/in-process-requests.js'

/** What {@link traceFastify} needs of others. */
interface FastifyTracing {
  readonly contextOf: ContextOfRequest | undefined
  /** Is told of the instrumentation that was started. */
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
    guarded('the routes of Fastify could not be named', () => nameFastifyRoutes(fastify, contextOf))
    guarded(`${FASTIFY_OTEL} could not be used, only the routes of Fastify are named`, () => {
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

function guarded(failure: string, step: () => void): void {
  try {
    step()
  } catch (error) {
    warnOnce(failure, `${failure}: ${messageOf(error)}`)
  }
}
