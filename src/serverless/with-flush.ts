import { LONGEST_TIMER_MILLIS } from '../internal/async/settled-within.js'
import { checkKeys, checkNumber, checkPlainObject, wrongType } from '../internal/checks/validate.js'
import { runningFlush } from '../internal/process-exit/running-flush.js'

/** Options of {@link withFlush}. */
export interface WithFlushOptions {
  /** Longest time that a call may wait for the backend, in milliseconds. Default 1,000. */
  timeoutMillis?: number
}

const DEFAULTS = { timeoutMillis: 1_000 } as const

/** A timer that is set for longer fires at once. */
const MILLIS = { min: 0, max: LONGEST_TIMER_MILLIS } as const

/**
 * A handler that sends out the spans of each call before its result, or its error, is handed on. For functions as a service:
 * they are frozen, and perhaps never thawed, as soon as they have answered, and what waits in the batch is lost.
 *
 * ```ts
 * import { withFlush, withSpan } from 'spanwright'
 *
 * // AWS Lambda
 * export const handler = withFlush(async (event: { orderId: string }) => {
 *   return await withSpan('charge', () => charge(event.orderId))
 * })
 * ```
 *
 * The caller gets the handler's own result or error, the same object, also when the backend is away; it waits at most
 * `timeoutMillis` longer for it. Without running tracing the handler just runs. `this`, name and `length` are kept.
 *
 * Not for long-running servers: there each request would wait for the backend, and batches would be as small as
 * requests; they send while they run, and at exit. Not for handlers that answer through a callback, as in
 * `(event, context, callback)`: they return before their work is done. For a streamed response in AWS Lambda:
 * `awslambda.streamifyResponse(withFlush(handler))`.
 *
 * @throws TracingConfigError when the handler is no function or an option is wrong; never when it is called
 */
export function withFlush<A extends unknown[], R>(
  handler: (...args: A) => R | Promise<R>,
  options: WithFlushOptions = {},
): (...args: A) => Promise<R> {
  check(handler, options)
  const { timeoutMillis = DEFAULTS.timeoutMillis } = options
  const flushing = async function (this: unknown, ...args: A): Promise<R> {
    try {
      return await handler.apply(this, args)
    } finally {
      await flush(timeoutMillis)
    }
  }
  // Runtimes look at them: the number of parameters shows whether there is a callback.
  return Object.defineProperties(flushing, { name: { value: handler.name }, length: { value: handler.length } })
}

async function flush(timeoutMillis: number): Promise<void> {
  try {
    await runningFlush()?.({ timeoutMillis })
  } catch {
    // The call has its own result: telemetry does not change it. A flush logs its failures by itself.
  }
}

/** For callers in plain JavaScript, who may hand over anything. */
function check(handler: unknown, options: WithFlushOptions): void {
  if (typeof handler !== 'function') throw wrongType('handler', 'a function', handler)
  checkPlainObject('options', options)
  checkKeys('', options, ['timeoutMillis'])
  checkNumber('timeoutMillis', options.timeoutMillis, MILLIS)
}
