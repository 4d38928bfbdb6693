import { context, SpanKind, trace, type Attributes, type Context, type Link, type Span } from '@opentelemetry/api'
import { defaultTraceResponseHeaders, type TraceResponseHeader } from '../propagation/response-headers.js'
import { readEnv } from '../internal/runtime/env.js'
import { processWide } from '../internal/runtime/process-wide.js'
import { linksToSender, withOutsideTrace } from '../internal/otel-api/outside-trace.js'
import { extractTraceContext } from '../propagation/extract-trace-context.js'
import { recordErrorOn } from '../spans/record-error.js'
import { startSpan } from '../spans/with-span.js'
import { lambdaHttpRequest, type LambdaHttpRequest, statusOf, withTraceHeaders } from './lambda-http.js'
import { isTimer, lambdaMessages, type LambdaMessages } from './lambda-messages.js'
import { quietly, openServerSpan } from '../middleware/server-span/server-span.js'

/** The part of Lambda's context object that is used here. */
export interface LambdaContext {
  readonly functionName?: string
  readonly awsRequestId?: string
  readonly invokedFunctionArn?: string
  readonly clientContext?: { readonly custom?: object; readonly Custom?: object } | undefined
}

/** The span of an invocation. Its methods never throw. */
export interface Invocation {
  readonly context: Context
  /** Ends it; returns what Lambda is to have. */
  succeed(result: unknown): unknown
  fail(error: unknown): void
}

/** `existing` is the span of an instrumentation: there is no second one then. */
export function openInvocation(
  event: unknown,
  lambda: LambdaContext,
  existing: Span | undefined,
  headerNames: readonly TraceResponseHeader[] = defaultTraceResponseHeaders(),
): Invocation {
  const shape = (typeof event === 'object' && event !== null ? event : {}) as Record<string, unknown>
  const http = lambdaHttpRequest(shape)
  if (existing) {
    const succeed = (result: unknown): unknown => (http ? withTraceHeaders(result, existing, headerNames) : result)
    return { context: context.active(), succeed, fail: () => undefined }
  }
  if (http) return ofHttp(http, lambda, headerNames)
  const messages = isTimer(shape) ? undefined : lambdaMessages(shape)
  if (messages) return ofMessages(messages, lambda)
  const carrier = lambda.clientContext?.custom ?? lambda.clientContext?.Custom ?? shape.headers ?? {}
  const attributes = faasAttributes(lambda, isTimer(shape) ? 'timer' : 'other')
  return ofFunction(lambda, { kind: SpanKind.SERVER, attributes }, extractTraceContext(carrier))
}

function ofHttp(
  http: LambdaHttpRequest,
  lambda: LambdaContext,
  headerNames: readonly TraceResponseHeader[],
): Invocation {
  const server = openServerSpan(() => http.request, { headerNames, attributes: faasAttributes(lambda, 'http') })
  server.setRoute(http.route)
  return {
    context: server.context,
    succeed(result) {
      server.end(statusOf(result) ?? (http.answers200 ? 200 : undefined))
      return withTraceHeaders(result, server.span, headerNames)
    },
    fail(error) {
      server.noteError(error)
      server.end()
    },
  }
}

function ofMessages({ messages, name, trigger, attributes }: LambdaMessages, lambda: LambdaContext): Invocation {
  const contexts = messages.map(({ carrier }) => extractTraceContext(carrier))
  const links = contexts.flatMap((sent, index) => linksToSender(sent, attributesOf(messages[index]?.id)))
  const [only, ...others] = contexts
  // Many messages have many senders, so none of them is the parent; a single one can hand over its baggage.
  const base = only !== undefined && others.length === 0 ? only : extractTraceContext({})
  const parent = withOutsideTrace(trace.deleteSpan(base), undefined)
  const all = { ...faasAttributes(lambda, trigger), ...attributes }
  return ofFunction(lambda, { kind: SpanKind.CONSUMER, attributes: all, links }, parent, name)
}

const attributesOf = (id: string | undefined): Attributes | undefined =>
  id === undefined ? undefined : { 'messaging.message.id': id }

function ofFunction(
  { functionName = 'lambda' }: LambdaContext,
  options: { kind: SpanKind; attributes: Attributes; links?: Link[] },
  parent: Context,
  name: string = functionName,
): Invocation {
  const span = startSpan(name, options, parent)
  return {
    context: trace.setSpan(parent, span),
    succeed(result) {
      quietly(() => span.end())
      return result
    },
    fail(error) {
      quietly(() => recordErrorOn(span, error))
      quietly(() => span.end())
    },
  }
}

const environment = processWide('lambda-environment', () => ({ isWarm: false }))

/** Semantic conventions for FaaS spans; they are not stable yet, so that their names stand here. */
function faasAttributes({ awsRequestId, invokedFunctionArn }: LambdaContext, trigger: string): Attributes {
  const isCold = !environment.isWarm && readEnv('AWS_LAMBDA_INITIALIZATION_TYPE') !== 'provisioned-concurrency'
  environment.isWarm = true
  const account = invokedFunctionArn?.split(':')[4]
  return {
    'faas.trigger': trigger,
    'faas.coldstart': isCold,
    ...(awsRequestId !== undefined && { 'faas.invocation_id': awsRequestId }),
    ...(invokedFunctionArn !== undefined && { 'cloud.resource_id': invokedFunctionArn }),
    ...(account !== undefined && { 'cloud.account.id': account }),
  }
}
