import { context, SpanKind, trace, type Attributes, type Context, type Span } from '@opentelemetry/api'
import type { AnyFunction } from '../../internal/runtime/methods.js'
import type { Library, TracedCalls } from './library.js'
import { carrierOf, contextOfSender, startMessage } from './messages.js'

/** What BullMQ's classes have been given by the app, as by `bullmq-otel`: that takes precedence. */
interface Traced {
  readonly name: string
  readonly opts?: { readonly telemetry?: unknown }
}

interface Exports {
  readonly QueueBase?: { readonly prototype: object }
  readonly Worker?: { readonly prototype: object }
  readonly FlowProducer?: { readonly prototype: object }
}

type Callback = (span?: TelemetrySpan, metadata?: string) => unknown

/** What BullMQ calls on a span. */
interface TelemetrySpan {
  setSpanOnContext(active: Context): Context
  setAttribute(name: string, value: unknown): void
  setAttributes(attributes: Attributes): void
  addEvent(name: string, attributes?: Attributes): void
  recordException(error: unknown): void
  end(): void
}

/**
 * BullMQ: who adds a job, and who does it, by the places where it calls its own interface for telemetry. A job carries the
 * context as that has it, in `opts.telemetry.metadata`. Polling and locks have no spans.
 */
export const BULLMQ: Library = {
  packages: { bullmq: ['>=5.30 <7'] },
  patch({ QueueBase, Worker, FlowProducer }: Exports, calls) {
    calls.replace(QueueBase?.prototype, 'trace', (original) => tracedQueue(original, calls))
    calls.replace(Worker?.prototype, 'callProcessJob', rememberingErrors)
    for (const name of ['add', 'addBulk']) {
      calls.replace(
        FlowProducer?.prototype,
        name,
        (original) =>
          function (...args) {
            const producer = this as { telemetry?: unknown }
            producer.telemetry ??= telemetryOfFlows(calls)
            return original.call(this, withOptions(args[0]), ...args.slice(1))
          },
      )
    }
  },
}

/** Errors of jobs by their spans: BullMQ keeps them, and says only what has become of the job. */
const errors = new WeakMap<Span, unknown>()

const rememberingErrors = (original: AnyFunction): AnyFunction =>
  function (...args) {
    const span = trace.getActiveSpan()
    const remember = (error: unknown): never => {
      if (span) errors.set(span, error)
      throw error
    }
    const result = original.apply(this, args)
    return result instanceof Promise ? result.catch(remember) : result
  }

function tracedQueue(original: AnyFunction, calls: TracedCalls): AnyFunction {
  return async function (...args) {
    const { name, opts } = this as Traced
    const [kind, operation, , callback, metadata] = args as [SpanKind, string, string, Callback, string | undefined]
    const isMessage = kind === SpanKind.PRODUCER || kind === SpanKind.CONSUMER
    if (opts?.telemetry || !isMessage || typeof callback !== 'function') return original.apply(this, args)
    const active = context.active()
    const type = kind === SpanKind.PRODUCER ? 'send' : 'process'
    const parent =
      type === 'send'
        ? active
        : contextOfSender(
            calls,
            calls.safely(() => carrierIn(metadata)),
          )
    const span = startMessage(calls, { system: 'bullmq', operation, type, destination: name }, parent)
    if (!span) return original.apply(this, args)
    const own = trace.setSpan(parent, span)
    try {
      const carried = callback.length === 2 ? JSON.stringify(carrierOf(calls, own)) : undefined
      return await context.with(own, () => callback(new JobSpan(calls, span), carried))
    } catch (error) {
      calls.fail(span, error)
      throw error
    } finally {
      calls.end(span)
    }
  }
}

function carrierIn(metadata: string | undefined): Record<string, unknown> | undefined {
  const carrier: unknown = metadata === undefined ? undefined : JSON.parse(metadata)
  return typeof carrier === 'object' && carrier !== null ? (carrier as Record<string, unknown>) : undefined
}

/** By the current conventions, where BullMQ's attributes have a name there. What jobs bring and give back stays out. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  'bullmq.job.id': 'messaging.message.id',
  'bullmq.job.bulk.count': 'messaging.batch.message_count',
  'bullmq.job.name': 'bullmq.job.name',
  'bullmq.job.attempts.made': 'bullmq.job.attempts.made',
  'bullmq.worker.name': 'bullmq.worker.name',
}

class JobSpan implements TelemetrySpan {
  readonly #calls: TracedCalls
  readonly #span: Span

  constructor(calls: TracedCalls, span: Span) {
    this.#calls = calls
    this.#span = span
  }

  setSpanOnContext(active: Context): Context {
    return trace.setSpan(active, this.#span)
  }

  setAttribute(name: string, value: unknown): void {
    const current = ATTRIBUTES[name]
    if (current !== undefined && value !== undefined)
      this.#calls.safely(() => this.#span.setAttribute(current, value as string))
  }

  setAttributes(attributes: Attributes): void {
    for (const [name, value] of Object.entries(attributes)) this.setAttribute(name, value)
  }

  /** A job that is put off, or waits for others, has thrown as well, and has not failed. */
  addEvent(name: string, attributes: Attributes = {}): void {
    if (name !== 'job failed') return
    const error = errors.get(this.#span) ?? { name: 'Error', message: String(attributes['bullmq.job.failed.reason']) }
    this.#calls.recordError(this.#span, error)
  }

  recordException(error: unknown): void {
    this.#calls.recordError(this.#span, error)
  }

  end(): void {
    this.#calls.end(this.#span)
  }
}

const NO_SPAN: TelemetrySpan = {
  setSpanOnContext: (active) => active,
  setAttribute() {},
  setAttributes() {},
  addEvent() {},
  recordException() {},
  end() {},
}

interface FlowNode {
  readonly opts?: object
  readonly children?: readonly FlowNode[]
}

/** The context goes along in the options of a job, and with none at all a node of a flow would carry none. */
function withOptions(flow: unknown): unknown {
  if (Array.isArray(flow)) return flow.map(withOptions)
  if (typeof flow !== 'object' || flow === null) return flow
  const { opts = {}, children } = flow as FlowNode
  return { ...flow, opts, ...(children && { children: withOptions(children) }) }
}

/** Flows have no method that their calls pass: they get BullMQ's interface for telemetry. */
function telemetryOfFlows(calls: TracedCalls): object {
  return {
    contextManager: {
      active: () => context.active(),
      with: (active: Context, fn: () => unknown) => context.with(active, fn),
      getMetadata: (active: Context) => JSON.stringify(carrierOf(calls, active)),
      fromMetadata: (active: Context) => active,
    },
    tracer: {
      startSpan(name: string, { kind }: { kind?: number } = {}, parent?: Context): TelemetrySpan {
        const [operation = name, destination = ''] = name.split(/ (.*)/s)
        if (kind !== SpanKind.PRODUCER) return NO_SPAN
        const span = startMessage(calls, { system: 'bullmq', operation, type: 'send', destination }, parent)
        return span ? new JobSpan(calls, span) : NO_SPAN
      },
    },
  }
}
