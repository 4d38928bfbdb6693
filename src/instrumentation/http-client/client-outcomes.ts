import type { Attributes, Span } from '@opentelemetry/api'
import { ATTR_ERROR_TYPE, ATTR_HTTP_RESPONSE_STATUS_CODE } from '@opentelemetry/semantic-conventions'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { errorTypeOf } from '../../internal/http/error-type.js'
import { isGivenUp, setError } from '../http/http-outcomes.js'

/** Node.js keeps the response there, also that to an upgrade or CONNECT, which comes by events of their own. */
type Sent = ClientRequest & { readonly res?: IncomingMessage | null; readonly upgradeOrConnect?: boolean }

/**
 * For a span that is about to end without an error: upstream ends it when the request closes, before the error of a response that
 * the server has broken off; and it does not see the answer to an upgrade.
 */
export function noteOutcome(request: ClientRequest, span: Span, metrics: Attributes): void {
  const { res, upgradeOrConnect } = request as Sent
  if (!res) return
  if (upgradeOrConnect && res.statusCode !== undefined) {
    span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, res.statusCode)
    metrics[ATTR_HTTP_RESPONSE_STATUS_CODE] = res.statusCode
  } else if (!res.complete && res.errored && !isGivenUp(res.errored)) {
    metrics[ATTR_ERROR_TYPE] = errorTypeOf(res.errored)
    setError(span, res.errored)
  }
}
