import type { Writable } from 'node:stream'

// Taken once: a test that fakes the timers doesn't fake the sink's network.
const { setInterval, clearInterval } = globalThis

/** Writes a byte each time the pace says so, then ends. Stops where the reader goes away. */
export function drip(stream: Writable, bytes: Uint8Array, everyMillis: number): void {
  let written = 0
  const timer = setInterval(() => {
    if (written < bytes.length) stream.write(bytes.subarray(written, (written += 1)))
    else stream.end()
  }, everyMillis)
  const stop = (): void => clearInterval(timer)
  stream.once('finish', stop)
  stream.once('close', stop)
}
