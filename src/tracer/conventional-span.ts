import {
  SpanStatusCode,
  type AnyValue,
  type Attributes,
  type Exception,
  type SpanStatus,
  type TimeInput,
} from '@opentelemetry/api'
import type { ScopeConventions } from '../internal/conventions/for-scope.js'
import { safely } from '../internal/diagnostics/diagnostics.js'
import { RecordingSpan, type SpanOrigin, type SpanStart } from './recording-span.js'

/** A span of an instrumentation that writes other names than the current semantic conventions have. */
export class ConventionalSpan extends RecordingSpan {
  declare private readonly conventions: ScopeConventions
  declare private hasOwnName: boolean

  constructor(conventions: ScopeConventions, origin: SpanOrigin, start: SpanStart) {
    super(origin, start)
    this.conventions = conventions
    this.hasOwnName = false
  }

  override setAttribute(key: string, value: AnyValue): this {
    if (this.conventions.isCurrent(key)) return super.setAttribute(key, value)
    return super.setAttributes(this.conventions.attributes({ [key]: value }, this.kind))
  }

  override setAttributes(attributes: Attributes): this {
    const current = (): Attributes => this.conventions.attributes(attributes, this.kind)
    return super.setAttributes(safely(CONVENTIONS_FAILED, current) ?? attributes)
  }

  override updateName(name: string): this {
    this.hasOwnName = true
    return super.updateName(name)
  }

  override recordException(exception: Exception, time?: TimeInput): void {
    super.recordException(exception, time)
    if (this.conventions.isError(exception)) super.setStatus({ code: SpanStatusCode.ERROR })
  }

  override end(endTime?: TimeInput): void {
    if (this.ended && this.conventions.endsTwice) return
    if (!this.ended) safely(CONVENTIONS_FAILED, () => this.conventions.end(this, this.hasOwnName))
    super.end(endTime)
  }

  rename(name: string): void {
    super.updateName(name)
  }

  /** Also where the instrumentation has set another one. */
  replaceStatus(code: SpanStatusCode): void {
    const { message } = this.status
    const status: SpanStatus = code === SpanStatusCode.ERROR && message !== undefined ? { code, message } : { code }
    this.status = status
  }
}

const CONVENTIONS_FAILED = 'a span was not brought to the current semantic conventions'
