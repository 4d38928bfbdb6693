import { createContextKey, SpanStatusCode, trace, type Context, type Span, type Tracer } from '@opentelemetry/api'
import type { GraphQLInstrumentationConfig } from '@opentelemetry/instrumentation-graphql'
import type { Settled, StartedCall, TraceChannel } from './tracing-channel.js'

/*
 * A file of its own in the build, loaded with GraphQL.js 17; see scripts/files-apart.ts.
 *
 * GraphQL.js 17, which upstream's instrumentation does not know. It publishes what it does on tracing channels; the spans are those
 * that upstream makes for the versions before, with the same options. A field's span has no `graphql.source`.
 */

interface Token {
  readonly kind: string
  readonly start: number
  readonly end: number
  readonly next: Token | null
}

interface Document {
  readonly definitions: readonly { readonly kind: string }[]
  /** Not where the parser was told `noLocation`. */
  readonly loc?: { readonly startToken: Token; readonly source: { readonly body: string } }
}

interface Operation {
  readonly document: Document
  readonly operationName: string | undefined
  readonly operationType: string | undefined
  readonly rawVariableValues: Readonly<Record<string, unknown>> | null | undefined
}

interface Field {
  readonly fieldName: string
  readonly fieldPath: string
  readonly fieldType: string
  readonly parentType: string
  readonly isDefaultResolver: boolean
}

export interface Inside {
  readonly tracer: Tracer
  getConfig(): GraphQLInstrumentationConfig
}

/** The spans of an operation's fields by their paths, in the context of the operation. */
const FIELDS = createContextKey('spanwright: fields of a GraphQL operation')

interface Fields {
  readonly operation: Span
  readonly byPath: Map<string, Span>
}

export function traceGraphql(inside: Inside, traceChannel: TraceChannel): void {
  traceChannel<{ source: unknown }>('graphql:parse', {
    start: (_message, active) => started(inside.tracer.startSpan('graphql.parse', {}, active), active),
    end(span, settled) {
      const document = settled.result as Document | undefined
      if (document && isOfSchema(document)) span.updateName('graphql.parseSchema')
      else if (document) setSource(span, document, inside.getConfig().allowValues)
      recordError(span, settled)
    },
  })
  traceChannel<{ document: Document }>('graphql:validate', {
    start: (_message, active) => started(inside.tracer.startSpan('graphql.validate', {}, active), active),
    end(span, { document, result, ...settled }) {
      if (!document.loc) span.updateName('graphql.validateSchema')
      const isRefused = Array.isArray(result) && result.length > 0
      if (isRefused) span.recordException({ name: 'graphql.validation.error', message: JSON.stringify(result) })
      recordError(span, settled)
    },
  })
  traceChannel<Operation>('graphql:execute', {
    start: (operation, active) => startOperation(inside, operation, active),
    end(span, settled) {
      recordError(span, settled)
      if (settled.result !== undefined) inside.getConfig().responseHook?.(span, settled.result)
    },
  })
  traceChannel<Operation>('graphql:subscribe', {
    start: (operation, active) => startOperation(inside, operation, active),
    end: recordError,
  })
  if (inside.getConfig().ignoreResolveSpans) return
  traceChannel<Field>('graphql:resolve', {
    start: (field, active) => startField(inside, field, active),
    end(span, settled) {
      if (!('error' in settled)) return
      recordError(span, settled)
      const { message = String(settled.error) } = (settled.error ?? {}) as Partial<Error>
      span.setStatus({ code: SpanStatusCode.ERROR, message })
    },
  })
}

/** Anything can be thrown. */
function recordError(span: Span, settled: Settled): void {
  if ('error' in settled) span.recordException((settled.error ?? String(settled.error)) as Error)
}

const started = (span: Span, active: Context): Required<StartedCall> => ({
  context: trace.setSpan(active, span),
  span,
})

function startOperation(inside: Inside, operation: Operation, active: Context): StartedCall {
  const { document, operationName, operationType, rawVariableValues } = operation
  const span = inside.tracer.startSpan(nameOf(operation), {}, active)
  if (span.isRecording()) {
    const { allowValues } = inside.getConfig()
    if (operationType !== undefined) span.setAttribute('graphql.operation.type', operationType)
    if (operationName !== undefined) span.setAttribute('graphql.operation.name', operationName)
    setSource(span, document, allowValues)
    if (allowValues) setVariables(span, 'graphql.variables', rawVariableValues)
  }
  const fields: Fields = { operation: span, byPath: new Map() }
  return started(span, active.setValue(FIELDS, fields))
}

function nameOf({ operationName, operationType }: Operation): string {
  if (operationType === undefined) return 'graphql.execute'
  return operationName === undefined ? operationType : `${operationType} ${operationName}`
}

/** A field that has no span of its own runs in that of the field, or operation, above. */
function startField(inside: Inside, field: Field, active: Context): StartedCall | undefined {
  const fields = active.getValue(FIELDS) as Fields | undefined
  const { depth = -1, mergeItems, flatResolveSpans, ignoreTrivialResolveSpans } = inside.getConfig()
  if (!fields?.operation.isRecording() || (ignoreTrivialResolveSpans && field.isDefaultResolver)) return undefined
  const keys = field.fieldPath.split('.').map((key) => (mergeItems && /^\d+$/.test(key) ? '*' : key))
  const path = keys.join('.')
  const above = spanAbove(fields, keys)
  const known = depth >= 0 && depth < keys.length ? above : fields.byPath.get(path)
  if (known) return { context: trace.setSpan(active, known) }
  const attributes = {
    'graphql.field.name': field.fieldName,
    'graphql.field.path': path,
    'graphql.field.type': field.fieldType,
    'graphql.parent.name': field.parentType,
  }
  const parent = trace.setSpan(active, flatResolveSpans ? fields.operation : above)
  const span = inside.tracer.startSpan(`graphql.resolve ${path}`, { attributes }, parent)
  fields.byPath.set(path, span)
  return started(span, active)
}

function spanAbove({ operation, byPath }: Fields, keys: readonly string[]): Span {
  for (let length = keys.length - 1; length > 0; length--) {
    const span = byPath.get(keys.slice(0, length).join('.'))
    if (span) return span
  }
  return operation
}

const isOfSchema = ({ definitions }: Document): boolean =>
  !definitions.some(({ kind }) => kind === 'OperationDefinition')

const LITERALS: ReadonlySet<string> = new Set(['Int', 'Float', 'String', 'BlockString'])

/** The document without its comments and, unless they are wanted, its values. */
function setSource(span: Span, { loc }: Document, allowValues = false): void {
  if (!loc || !span.isRecording()) return
  const { body } = loc.source
  let text = ''
  let end = loc.startToken.next?.start ?? 0
  for (let token = loc.startToken.next; token; token = token.next) {
    text += body.slice(end, token.start)
    if (LITERALS.has(token.kind) && !allowValues) text += token.kind === 'String' ? '"*"' : '*'
    else if (token.kind !== 'Comment') text += body.slice(token.start, token.end)
    end = token.end
  }
  span.setAttribute('graphql.source', text.trimEnd())
}

function setVariables(span: Span, name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) span.setAttribute(name, value)
  else for (const [key, inner] of Object.entries(value)) setVariables(span, `${name}.${key}`, inner)
}
