/**
 * Gives memory back at once: left to the collector, it would be in use for long after it is counted as free, and two dozen
 * batches would make it mark the whole heap again. Nothing may read it any more.
 */
export function freeMemory({ buffer, byteLength }: Uint8Array): void {
  if (byteLength === buffer.byteLength) (buffer as ArrayBuffer).transfer(0)
}
