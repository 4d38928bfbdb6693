import type { IncomingMessage, ServerResponse } from 'node:http'

/** An answer other than 200, with what went wrong as one sentence. */
export class HttpError extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** JSON. Numbers that only a bigint can hold are written as text. */
export function toJson(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch {
    // There is a bigint somewhere. To look at every value takes ten times as long, so it is not done for all.
    return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? plain(part) : part))
  }
}

function plain(value: bigint): number | string {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()
}

export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  const body = Buffer.from(toJson(value))
  response.setHeader('cache-control', 'no-store')
  response.setHeader('content-type', 'application/json; charset=utf-8')
  response.writeHead(status, { 'content-length': body.length }).end(body)
}

/** The body of a request, or an HttpError where it is longer than the limit. */
export async function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > limitBytes) throw new HttpError(413, `more than ${limitBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, length)
}

export async function readJson(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const text = (await readBody(request, 1_000_000)).toString('utf8')
  try {
    const value: unknown = JSON.parse(text === '' ? '{}' : text)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Said below.
  }
  throw new HttpError(400, 'the body is not a JSON object')
}
