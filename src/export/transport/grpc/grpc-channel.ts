import { createOtlpGrpcExportDelegate } from './otlp-grpc.js'

type Delegate = ReturnType<typeof createOtlpGrpcExportDelegate>
export type GrpcOptions = Omit<Parameters<typeof createOtlpGrpcExportDelegate>[0], 'timeoutMillis' | 'userAgent'>

const SERVICE = 'OtlpExportService'

/**
 * Of a Uint8Array OpenTelemetry's transport would make a copy, of its memory it does not. Copies add up: each counts against the
 * small heap of the delivery thread, which then marks all of it again and again.
 */
function memoryOf(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? (bytes.buffer as never) : bytes
}

/** A gRPC connection of its own. */
export class GrpcChannel {
  readonly #options: GrpcOptions
  readonly #call: string
  readonly #userAgent: string
  #delegate: Delegate | undefined
  #timeoutMillis: number | undefined
  #former: Delegate[] = []
  #response: Uint8Array | undefined

  /**
   * @param call the path of the signal's Export
   * @param userAgent has to differ from that of other channels to the same address: grpc-js keeps connections in a pool.
   */
  constructor(options: GrpcOptions, call: string, userAgent: string) {
    this.#call = call
    this.#userAgent = userAgent
    const credentials = options.credentials
    let made: ReturnType<typeof credentials> | undefined
    // One object for all delegates of this channel, or each would connect anew.
    this.#options = { ...options, credentials: () => (made ??= credentials()) }
  }

  /** Settles with the response's bytes, or rejects with what OpenTelemetry's delegate says; when the time is up at the latest. */
  call(bytes: Uint8Array, timeoutMillis: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#delegateWith(timeoutMillis).export(bytes, ({ error }) => {
        const response = this.#response ?? new Uint8Array()
        this.#response = undefined
        this.#shutDownFormer()
        if (error) reject(error)
        else resolve(response)
      })
    })
  }

  /** Ends the connection when the calls under way have ended: OpenTelemetry's delegate cannot cancel them. */
  close(): void {
    this.#retire()
    this.#shutDownFormer()
  }

  /** A delegate has one timeout for all of its calls. While that stays the same, so does the delegate. */
  #delegateWith(timeoutMillis: number): Delegate {
    if (this.#delegate !== undefined && timeoutMillis === this.#timeoutMillis) return this.#delegate
    this.#retire()
    const serializer = {
      serializeRequest: memoryOf,
      // The delegate calls this right before it reports the success of the same call, with nothing in between.
      deserializeResponse: (response: Uint8Array) => void (this.#response = response),
    }
    this.#timeoutMillis = timeoutMillis
    this.#delegate = createOtlpGrpcExportDelegate(
      { ...this.#options, timeoutMillis, userAgent: this.#userAgent },
      serializer,
      'otlp_grpc_exporter',
      { name: 'span', countItems: () => 0 } as never,
      undefined,
      SERVICE,
      this.#call,
    )
    return this.#delegate
  }

  #retire(): void {
    if (this.#delegate !== undefined) this.#former.push(this.#delegate)
    this.#delegate = undefined
  }

  /** Only when another holds the connection: the last one to leave it closes it. */
  #shutDownFormer(): void {
    for (const delegate of this.#former.splice(0)) void delegate.shutdown()
  }
}
