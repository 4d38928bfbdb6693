import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { randomBytes } from 'node:crypto'
import { hintFor } from '../../../export/notices/hints.js'
import { reasonInWords } from '../../../export/notices/notice-text.js'
import { otlpTransport } from '../../../export/transport/otlp-transport.js'
import type { Answer } from '../../../export/transport/transport.js'
import { otlpJsonEncoder } from '../../../export/otlp/json-encoder.js'
import { otlpProtobufEncoder } from '../../../export/otlp/encoder.js'
import type { OtlpSettings } from '../../../export/pipeline/otlp-settings.js'
import { monotonicClock, nowEpochMillis } from '../../../internal/runtime/clock.js'

/** What became of a test span. */
export interface EndpointFindings {
  readonly endpoint: string
  readonly protocol: string
  /** `partial`: the backend answered, and did not keep the span. */
  readonly answer: 'accepted' | 'partial' | 'refused' | 'failed'
  /** The message of the server, or of the error. */
  readonly words: string
  /** A hint; may be empty. */
  readonly cure: string
  readonly tookMillis: number
}

const LONGEST_MILLIS = 10_000

/** Sends one span as the SDK would: the same transport, settings and encoding. Never rejects. */
export async function testExport(otlp: OtlpSettings, serviceName: string): Promise<EndpointFindings> {
  const encoder = otlp.protocol === 'http/json' ? otlpJsonEncoder() : otlpProtobufEncoder()
  encoder.add(testSpan(serviceName))
  const transport = otlpTransport(otlp)
  const began = monotonicClock.nowMillis()
  const answer = await transport.send(encoder.take(), LONGEST_MILLIS)
  const tookMillis = Math.round(monotonicClock.nowMillis() - began)
  transport.close()
  return { endpoint: transport.endpoint, protocol: otlp.protocol, ...findings(answer, transport.endpoint), tookMillis }
}

function findings(answer: Answer, endpoint: string): Pick<EndpointFindings, 'answer' | 'words' | 'cure'> {
  if (answer.kind === 'success') {
    const words = answer.message === '' ? '' : reasonInWords(answer.message)
    if (answer.rejectedSpans === 0) return { answer: 'accepted', words, cure: '' }
    return { answer: 'partial', words: words || 'no reason given', cure: 'The log of the backend may say more.' }
  }
  const { kind, reason } = answer
  return {
    answer: kind === 'retryable' ? 'failed' : 'refused',
    words: reasonInWords(reason),
    cure: hintFor(reason, endpoint),
  }
}

/** Under the service's name, and named so that it is recognised in the backend. */
function testSpan(serviceName: string): ReadableSpan {
  const context = {
    traceId: randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    traceFlags: TraceFlags.SAMPLED,
  }
  const now = nowEpochMillis()
  const time: [number, number] = [Math.floor(now / 1_000), (now % 1_000) * 1e6]
  return {
    name: 'spanwright doctor',
    kind: SpanKind.INTERNAL,
    spanContext: () => context,
    startTime: time,
    endTime: time,
    duration: [0, 0],
    ended: true,
    status: { code: SpanStatusCode.UNSET },
    attributes: { 'spanwright.doctor': true },
    links: [],
    events: [],
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    resource: resourceFromAttributes({ 'service.name': serviceName }),
    instrumentationScope: { name: 'spanwright' },
  }
}
