import type { Context } from '@opentelemetry/api'
import { activeHttpMetadata, isOfRequest } from '../../internal/http/served-request.js'
import { hasComeIn, type NodeRequest } from './node-request.js'
import type { NodeResponse } from './node-response.js'
import { openNodeServerSpan } from './node-server-span.js'

/**
 * The context for a request that has been dispatched in this process while another one is handled: that of a span of its own,
 * below the other's, which ends with the response. Undefined for all other requests: theirs is the active one.
 */
export function contextOfRequest(request: NodeRequest, response: NodeResponse): Context | undefined {
  const metadata = activeHttpMetadata()
  if (metadata === undefined || isOfRequest(metadata, request) || hasComeIn(request)) return undefined
  return openNodeServerSpan(request, response, {})?.context
}
