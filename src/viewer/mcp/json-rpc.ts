/** What JSON-RPC and the Model Context Protocol call errors. */
export const CODE = {
  parse: -32_700,
  invalidRequest: -32_600,
  methodNotFound: -32_601,
  invalidParams: -32_602,
  internal: -32_603,
  headerMismatch: -32_020,
  unsupportedVersion: -32_022,
} as const

export type MessageId = string | number

export interface Request {
  readonly id: MessageId
  readonly method: string
  readonly params: Readonly<Record<string, unknown>>
}

export interface Notification {
  readonly id: undefined
  readonly method: string
  readonly params: Readonly<Record<string, unknown>>
}

export interface RpcError {
  readonly code: number
  readonly message: string
  readonly data?: unknown
}

export type Response = { readonly jsonrpc: '2.0'; readonly id: MessageId | null } & (
  { readonly result: Readonly<Record<string, unknown>> } | { readonly error: RpcError }
)

export function failure(id: MessageId | null, code: number, message: string, data?: unknown): Response {
  return { jsonrpc: '2.0', id, error: { code, message, ...(data === undefined ? undefined : { data }) } }
}

/** A message of the other side; a Response where it is none that can be answered otherwise. */
export function readMessage(message: unknown): Request | Notification | Response | undefined {
  if (!isObject(message) || message.jsonrpc !== '2.0')
    return failure(null, CODE.invalidRequest, 'not a JSON-RPC 2.0 message')
  const { id, method } = message
  const params = isObject(message.params) ? message.params : {}
  // What answers a request of ours: there are none.
  if (method === undefined && ('result' in message || 'error' in message)) return undefined
  const isId = typeof id === 'string' || typeof id === 'number'
  if (typeof method !== 'string') return failure(isId ? id : null, CODE.invalidRequest, 'a method is missing')
  if (id === undefined) return { id, method, params }
  return isId ? { id, method, params } : failure(null, CODE.invalidRequest, 'an id is text or a number')
}

export function isResponse(message: Request | Notification | Response): message is Response {
  return 'jsonrpc' in message
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
