import { context, trace, type TracerProvider as AnyTracerProvider } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { TracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace'
import { hasContextManager } from '../internal/otel-api/context-manager.js'
import { registeredProvider } from '../internal/otel-api/other-sdk.js'
import { processWide } from '../internal/runtime/process-wide.js'
import { areSpansObserved, observingProcessor } from '../internal/processors/span-observers.js'

/** How many collections are running, and what takes back what the first of them needed. */
interface Connection {
  users: number
  /** Whether the provider is one that was registered here. */
  isAlone: boolean
  release: () => void
}

const connection = processWide('collecting', (): Connection => ({ users: 0, isAlone: false, release: () => {} }))

/**
 * Sees to it that the spans of this process reach the observers: those of the provider that is registered, else of one
 * that is registered here, with a context manager where there is none. Returns a function that takes this back.
 */
export function connectTracing(): () => void {
  if (connection.users === 0) connection.release = connect()
  connection.users += 1
  let isConnected = true
  return () => {
    if (!isConnected) return
    isConnected = false
    connection.users -= 1
    if (connection.users === 0) connection.release()
  }
}

/** Whether spans are collected, and no other provider is registered. */
export function isCollectingAlone(): boolean {
  return connection.users > 0 && connection.isAlone
}

function connect(): () => void {
  const provider = registeredProvider()
  connection.isAlone = provider === undefined
  if (provider === undefined) return registerOwn()
  return areSpansObserved() ? () => {} : attachTo(provider)
}

function registerOwn(): () => void {
  // A tracer that a module has got hold of stays with the first provider it meets, through every later test. That one's
  // processor goes on to show its spans to later observers.
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [observingProcessor()] }))
  if (hasContextManager()) return () => trace.disable()
  context.setGlobalContextManager(new AsyncLocalStorageContextManager())
  return () => {
    trace.disable()
    context.disable()
  }
}

/**
 * A provider of OpenTelemetry's SDK takes no processors once it is made. Its list of them is private, but the only
 * way in, and a test is better off with that than with nothing.
 *
 * @throws Error when the provider has no such list.
 */
function attachTo(provider: AnyTracerProvider): () => void {
  const { _activeSpanProcessor: multi } = provider as { _activeSpanProcessor?: { _spanProcessors?: unknown } }
  const processors = multi?._spanProcessors
  if (!Array.isArray(processors)) {
    throw new Error(
      'collectSpans() cannot see the spans of the TracerProvider that is registered. Start tracing with startTracing() ' +
        'instead, or do not register a provider in this test: collectSpans() then brings its own.',
    )
  }
  const list = processors as SpanProcessor[]
  const processor = observingProcessor()
  list.push(processor)
  return () => {
    const index = list.indexOf(processor)
    if (index !== -1) list.splice(index, 1)
  }
}
