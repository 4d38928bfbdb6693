import { INVALID_SPANID, INVALID_TRACEID } from '@opentelemetry/api'
import type { IdGenerator } from '@opentelemetry/sdk-trace'
import { randomFillSync } from 'node:crypto'

/** To draw a little takes as long as to draw all of this. */
const DRAWN_BYTES = 4_096
/** An id keeps the digits alive that it is cut from, so they are few. */
const CUT_BYTES = 256

/**
 * Random ids from the system's cryptographic source, drawn many at a time: one by one they are a sixth of what a span costs.
 * Trace Context Level 2, "Random Trace ID Flag": all of their bits are random.
 */
export function randomIds(fill: (bytes: Buffer) => void = fillFromSystem): IdGenerator {
  const random = randomDigits(fill)
  const idUnlike = (invalid: string): string => {
    let id = random(invalid.length)
    while (id === invalid) id = random(invalid.length)
    return id
  }
  return { generateTraceId: () => idUnlike(INVALID_TRACEID), generateSpanId: () => idUnlike(INVALID_SPANID) }
}

/** By name with each call: crypto is loaded when it is first used, and a start does not need it. */
function fillFromSystem(bytes: Buffer): void {
  randomFillSync(bytes)
}

function randomDigits(fill: (bytes: Buffer) => void): (count: number) => string {
  const bytes = Buffer.allocUnsafeSlow(DRAWN_BYTES)
  let cutBytes = DRAWN_BYTES
  let digits = ''
  let position = 0
  return (count) => {
    if (position + count > digits.length) {
      if (cutBytes === DRAWN_BYTES) {
        fill(bytes)
        cutBytes = 0
      }
      digits = bytes.toString('hex', cutBytes, (cutBytes += CUT_BYTES))
      position = 0
    }
    return digits.slice(position, (position += count))
  }
}
