import type { OpenCarrier } from './open-carrier.js'
import { headersUnder } from './with-headers.js'

/** A fetch `Request`. One whose headers are immutable is replaced by a new one, which takes over its body. */
export function fetchRequest(carrier: object): OpenCarrier | undefined {
  if (!(carrier instanceof Request)) return undefined
  let request = carrier
  return {
    ...headersUnder(carrier, 'headers'),
    set(name, value) {
      if (!takes(request, name, value)) {
        const headers = new Headers(request.headers)
        headers.set(name, value)
        request = new Request(request, { headers })
      }
      return true
    },
    replacement: () => request,
  }
}

function takes({ headers }: Request, name: string, value: string): boolean {
  try {
    headers.set(name, value)
    return true
  } catch {
    return false
  }
}
