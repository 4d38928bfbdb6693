import { context, isSpanContextValid, trace, type Span } from '@opentelemetry/api'
import { withFlush, type WithFlushOptions } from './with-flush.js'
import { wrongType } from '../internal/checks/validate.js'
import { safely } from '../internal/diagnostics/diagnostics.js'
import { openInvocation, type Invocation, type LambdaContext } from './lambda-invocation.js'
import { checkMiddlewareOptions, isIgnored, type MiddlewareOptions } from '../middleware/options.js'

/** Options of {@link tracedLambda}: `ignore` is asked with the event. */
export interface TracedLambdaOptions<Event = unknown> extends MiddlewareOptions<Event>, WithFlushOptions {}

/**
 * A handler of AWS Lambda with a span for each invocation, which is sent out before the result is handed on (at most
 * `timeoutMillis` later, 1,000 by default; see {@link withFlush}).
 *
 * ```ts
 * export const handler = tracedLambda(async (event: { orderId: string }) => charge(event.orderId))
 * ```
 *
 * - API Gateway (both payload formats), function URLs, load balancers: a SERVER span `GET /orders/{id}` with the attributes
 *   of HTTP, in the trace and with the baggage that the request's headers carry.
 * - SQS, SNS, Kafka, Kinesis: a CONSUMER span `process orders` with links to the senders of all messages; for a single message
 *   its baggage, too. DynamoDB streams, S3, EventBridge: a CONSUMER span with the function's name.
 * - Schedules and direct calls: a SERVER span with the function's name, in the trace of `clientContext.custom`.
 *
 * The handler is `async`, returns a value, or answers through the callback `(event, context, callback)`; then the result is
 * handed on with the callback, without waiting for an empty event loop. For a streamed response wrap what is traced:
 * `awslambda.streamifyResponse(tracedLambda(async (event, stream, context) => …))`. Where OpenTelemetry's instrumentation of
 * Lambda runs, there is no second span.
 *
 * @throws TracingConfigError when the handler is no function or an option is wrong; never when it is called
 */
export function tracedLambda<A extends unknown[], R>(
  handler: (...args: A) => R | Promise<R>,
  options: TracedLambdaOptions<A[0]> = {},
): (...args: A) => Promise<R> {
  if (typeof (handler as unknown) !== 'function') throw wrongType('handler', 'a function', handler)
  checkMiddlewareOptions(options, ['timeoutMillis'])
  const { timeoutMillis } = options
  const invoke = async function (this: unknown, ...args: A): Promise<R> {
    const [event, second, third] = args
    const lambda = contextIn(third) ?? contextIn(second) ?? {}
    const call = (): R | Promise<R> =>
      handler.length > 2 && contextIn(second) ? calledBack(this, handler, args) : handler.apply(this, args)
    const invocation = isIgnored(options, event)
      ? undefined
      : safely('an invocation is not traced', () =>
          openInvocation(event, lambda, localSpan(), options.traceResponseHeaders),
        )
    return invocation ? traced(invocation, call) : call()
  }
  const flushing = withFlush(invoke, timeoutMillis === undefined ? {} : { timeoutMillis })
  return asLambdaSees(handler, flushing)
}

async function traced<R>(invocation: Invocation, call: () => R | Promise<R>): Promise<R> {
  try {
    return invocation.succeed(await context.with(invocation.context, call)) as R
  } catch (error) {
    invocation.fail(error)
    throw error
  }
}

/** Nothing but an instrumentation has made a span before the handler is called. */
function localSpan(): Span | undefined {
  const span = trace.getActiveSpan()
  const spanContext = span?.spanContext()
  return spanContext && isSpanContextValid(spanContext) && spanContext.isRemote !== true ? span : undefined
}

/** Streaming handlers get `(event, stream, context)`, others `(event, context, callback)`. */
function contextIn(argument: unknown): LambdaContext | undefined {
  return (argument as LambdaContext | undefined)?.awsRequestId === undefined ? undefined : (argument as LambdaContext)
}

/** The runtime of Node.js 24 and later has no callbacks any more; a handler that wants one gets it from us. */
function calledBack<A extends unknown[], R>(
  self: unknown,
  handler: (...args: A) => R | Promise<R>,
  args: A,
): Promise<R> {
  return new Promise((resolve, reject) => {
    const callback = (error: unknown, result: R): void => {
      if (error === undefined || error === null) resolve(result)
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the handler's own, whatever it is
      else reject(error)
    }
    const returned = handler.apply(self, [args[0], args[1], callback] as unknown as A) as { then?: unknown } | undefined
    // What it returns counts if it is a promise, as in Lambda.
    if (typeof returned?.then === 'function') resolve(returned as R)
  })
}

/** The runtime marks streaming handlers by a symbol, and refuses others that have a third parameter. */
function asLambdaSees<F extends (...args: never[]) => unknown>(
  handler: object & { readonly name: string },
  wrapper: F,
): F {
  for (const symbol of Object.getOwnPropertySymbols(handler)) {
    Object.defineProperty(wrapper, symbol, { value: (handler as Record<symbol, unknown>)[symbol] })
  }
  return Object.defineProperties(wrapper, { name: { value: handler.name }, length: { value: 2 } })
}
