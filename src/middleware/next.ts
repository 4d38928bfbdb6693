import { trace } from '@opentelemetry/api'
import { readEnv } from '../internal/runtime/env.js'
import type { TracingOptions } from '../config/options.js'
import { recordErrorOn } from '../spans/record-error.js'
import { startTracing } from '../start-tracing.js'

/** What Next.js asks of an `instrumentation.ts`. */
export interface NextInstrumentation {
  /** Starts tracing, in the Node.js runtime alone. */
  readonly register: () => void
  /** Puts an error that Next.js has caught on the current span, with its causes. */
  readonly onRequestError: (error: unknown) => void
}

const HTTP = '@opentelemetry/instrumentation-http'

/**
 * For `instrumentation.ts` of a Next.js app. Next.js makes spans of its own: one SERVER span a request, named `GET /shop/[id]`,
 * and those of rendering below. So OpenTelemetry's http instrumentation leaves incoming requests to it, unless
 * `instrumentationConfig` sets `disableIncomingRequestInstrumentation` to false.
 *
 * ```ts
 * export async function register() {
 *   if (process.env.NEXT_RUNTIME !== 'nodejs') return
 *   const { nextInstrumentation } = await import('spanwright')
 *   nextInstrumentation({ serviceName: 'shop' }).register()
 * }
 * ```
 *
 * The condition and the `import()` keep it out of the bundle for the edge runtime, which has no Node.js in it.
 *
 * @throws TracingConfigError from `register` when an option is wrong
 */
export function nextInstrumentation(options: TracingOptions = {}): NextInstrumentation {
  return {
    register() {
      // Set by Next.js; anything but `edge` that has got here is Node.js.
      if (readEnv('NEXT_RUNTIME') === 'edge') return
      startTracing(withoutIncomingHttp(options))
    },
    onRequestError(error) {
      const span = trace.getActiveSpan()
      if (span?.isRecording()) recordErrorOn(span, error)
    },
  }
}

function withoutIncomingHttp(options: TracingOptions): TracingOptions {
  const given = options.instrumentationConfig
  const name = given?.[HTTP] === undefined ? 'http' : HTTP
  const http = { disableIncomingRequestInstrumentation: true, ...given?.[name] }
  return { ...options, instrumentationConfig: { ...given, [name]: http } }
}
