import { hintFor } from '../../../export/notices/hints.js'
import { reasonInWords } from '../../../export/notices/notice-text.js'
import { otlpTransport } from '../../../export/transport/otlp-transport.js'
import type { Answer } from '../../../export/transport/transport.js'
import { otlpJsonEncoder } from '../../../export/otlp/json-encoder.js'
import { otlpProtobufEncoder } from '../../../export/otlp/encoder.js'
import type { OtlpSettings } from '../../../export/pipeline/otlp-settings.js'
import { monotonicClock } from '../../../internal/runtime/clock.js'
import { testSpan } from './test-span.js'

/** What became of a test span. */
export interface EndpointFindings {
  readonly endpoint: string
  readonly protocol: string
  /** `partial`: the backend answered, and did not keep the span. */
  readonly answer: 'accepted' | 'partial' | 'refused' | 'failed'
  /** The server's own words, or the error's. */
  readonly words: string
  /** What probably helps; empty where nothing has to. */
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
