import { trace } from '@opentelemetry/api'
import { PassThrough } from 'node:stream'

/** A line of a log, parsed. */
export type Line = Record<string, unknown>

/** A stream that keeps what is written, at once. */
export class Lines extends PassThrough {
  text = ''

  override write(chunk: unknown): boolean {
    this.text += String(chunk)
    return true
  }

  get json(): Line[] {
    return this.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line)
  }

  get last(): Line {
    return this.json.at(-1) ?? {}
  }
}

/** Runs fn in a new span; returns the ids that its lines should have. */
export function inSpan(fn: () => unknown): { trace_id: string; span_id: string; trace_flags: string } {
  return trace.getTracer('test').startActiveSpan('work', (span) => {
    fn()
    span.end()
    const { traceId, spanId } = span.spanContext()
    return { trace_id: traceId, span_id: spanId, trace_flags: '01' }
  })
}
