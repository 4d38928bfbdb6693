import type { Attributes, HrTime, Span } from '@opentelemetry/api'
import { ATTR_HTTP_RESPONSE_STATUS_CODE } from '@opentelemetry/semantic-conventions'
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { HttpInstrumentationInside } from '../http-upstream.js'

/** Node.js keeps the response there, also that to an upgrade or CONNECT, which comes by events of their own. */
type Sent = ClientRequest & { readonly res?: IncomingMessage | null; readonly upgradeOrConnect?: boolean }

/**
 * To be called before upstream listens. When a request closes, upstream ends its span, before the error of a response that the
 * server has broken off; and it does not see the answer to an upgrade.
 */
export function noteOutcome(
  inside: HttpInstrumentationInside,
  request: ClientRequest,
  ...[span, start, metrics]: [Span, HrTime, Attributes]
): void {
  request.on('close', () => {
    const { res, upgradeOrConnect } = request as Sent
    if (!res) return
    if (upgradeOrConnect && res.statusCode !== undefined) {
      span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, res.statusCode)
      metrics[ATTR_HTTP_RESPONSE_STATUS_CODE] = res.statusCode
    } else if (!res.complete && res.errored) inside._onOutgoingRequestError(span, metrics, start, res.errored)
  })
}
