/** Makes items of one signal to export requests of OTLP. */
export interface BatchEncoder<T> {
  /** Adds an item. Never throws: what the host made unreadable is left out, and the rest of the item is there. */
  add(item: T): void
  /** How many items were added since the last `take`. */
  readonly spans: number
  /** About how many bytes `take` would return; the resource, which is read late, is not among them. */
  readonly byteLength: number
  /** The request, in memory of exactly its size. Empties the encoder. */
  take(): Uint8Array<ArrayBuffer>
}
