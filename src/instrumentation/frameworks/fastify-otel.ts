import type { Instrumentation, InstrumentationConfig } from '@opentelemetry/instrumentation'
import { createRequire } from 'node:module'
import { isAbsolute, join } from 'node:path'

export const FASTIFY_OTEL = '@fastify/otel'

/** Fastify's own instrumentation: a plugin that can also be called before the app has done anything. */
export interface FastifyOtel extends Instrumentation {
  plugin(): (fastify: unknown, options: undefined, done: () => void) => void
}

type FastifyOtelModule = Readonly<Record<string, new (config: InstrumentationConfig) => FastifyOtel>>

/**
 * Fastify's own instrumentation where the app has it installed, and leaves its use to us; undefined otherwise. It is looked
 * for from the app's main file and from the working directory, which differ under fastify-cli.
 *
 * @throws whatever the package throws
 */
export function fastifyOtelOfTheApp(config: InstrumentationConfig): FastifyOtel | undefined {
  for (const file of [process.argv[1] ?? '', join(process.cwd(), 'package.json')]) {
    // With --eval, arguments stand where the main file would.
    if (!isAbsolute(file)) continue
    const require = createRequire(file)
    const path = resolved(require)
    if (path === undefined) continue
    // Whoever has loaded it registers it, and twice in one app it would throw.
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
