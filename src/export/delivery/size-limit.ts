/** nginx takes 1 MiB unless told otherwise, and gRPC servers 4 MiB. */
const LARGEST_BYTES = 1_024 * 1_024
/** What is refused below this size is so for its spans, and halved by itself: smaller requests would cost more than they save. */
const SMALLEST_BYTES = 64 * 1_024

/** How large a request of several spans may be, in bytes, for all that the backend has said. */
export class SizeLimit {
  #bytes = LARGEST_BYTES

  isExceededBy({ byteLength }: Uint8Array): boolean {
    return byteLength > this.#bytes
  }

  /** The backend found this request too large: next time it is halved before it is sent. */
  refused({ byteLength }: Uint8Array): void {
    this.#bytes = Math.min(this.#bytes, Math.max(SMALLEST_BYTES, Math.floor(byteLength / 2)))
  }
}
