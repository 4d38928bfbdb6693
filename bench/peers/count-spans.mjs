// Counts the spans in raw requests of each protocol, after the measurement.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { brotliDecompressSync, constants, gunzipSync, inflateSync } from 'node:zlib'
import { otlpSpansIn } from '../delivery/count-spans.mjs'

/** Whole lines only: the last one of a stream that goes on, or was cut off, may be half. */
function* jsonLines(text) {
  for (const line of text.split('\n')) {
    try {
      yield JSON.parse(line)
    } catch {
      // Half a line, or what an envelope carries besides JSON.
    }
  }
}

const idsIn = {
  *otlp(body) {
    for (const { id } of otlpSpansIn(body)) yield id
  },
  *datadog(body) {
    const { decode } = createRequire(join(process.env.BENCH_LIBRARIES, 'package.json'))('@msgpack/msgpack')
    for (const trace of decode(body, { useBigInt64: true })) for (const span of trace) yield String(span.span_id)
  },
  *elastic(body) {
    for (const { transaction, span } of jsonLines(body.toString())) {
      const id = (transaction ?? span)?.id
      if (id) yield id
    }
  },
  /** Transactions that carry their spans, or spans on their own. */
  *sentry(body) {
    for (const item of jsonLines(body.toString())) {
      // The line before it tells this type, too.
      if (item?.type === 'transaction' && item.contexts) yield item.contexts.trace.span_id
      for (const { span_id, start_timestamp } of item?.spans ?? item?.items ?? []) if (start_timestamp) yield span_id
    }
  },
}

function uncompressed({ 'content-encoding': encoding }, body) {
  // What has come of a stream can be read before its end has.
  if (encoding === 'gzip') return gunzipSync(body, { finishFlush: constants.Z_SYNC_FLUSH })
  if (encoding === 'deflate') return inflateSync(body, { finishFlush: constants.Z_SYNC_FLUSH })
  if (encoding === 'br') return brotliDecompressSync(body)
  return body
}

/** @returns how many spans there are; the same one twice counts once */
export function countSpans(bodies) {
  const seen = new Set()
  for (const { kind, headers, chunks } of bodies) {
    const body = uncompressed(headers, Buffer.concat(chunks))
    if (body.length > 0) for (const id of idsIn[kind](body)) seen.add(id)
  }
  return seen.size
}
