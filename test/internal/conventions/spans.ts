import { ROOT_CONTEXT, type Attributes, type Span, type SpanOptions } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { conventionsForScope } from '../../../src/internal/conventions/for-scope.js'
import { tracerProviderWith } from '../../../src/tracer/tracer-provider.js'

/** The span that becomes of one that an instrumentation starts, after it has done something with it. */
export function written(
  instrumentation: string,
  { name, ...options }: SpanOptions & { name: string },
  work: (span: Span) => void = () => {},
): ReadableSpan {
  const ended: ReadableSpan[] = []
  const nothing = (): Promise<void> => Promise.resolve()
  const onEnd = (span: ReadableSpan): unknown => ended.push(span)
  const processor = { onStart: () => {}, onEnd, forceFlush: nothing, shutdown: nothing }
  const provider = tracerProviderWith({ conventionsForScope }, { spanProcessors: [processor] })
  const tracer = provider.getTracer(
    /^(next\.js|@fastify\/otel)$/.test(instrumentation)
      ? instrumentation
      : `@opentelemetry/instrumentation-${instrumentation}`,
  )
  const span = tracer.startSpan(name, options, ROOT_CONTEXT)
  work(span)
  span.end()
  const [first] = ended
  if (!first) throw new Error('nothing has ended')
  return first
}

export const queryBy =
  (instrumentation: string, system: string, nameOf: (statement: string) => string) =>
  (statement: string, more: Attributes = {}): ReadableSpan =>
    written(instrumentation, { name: nameOf(statement), attributes: { 'db.system.name': system, ...more } }, (span) =>
      span.setAttribute('db.query.text', statement),
    )
