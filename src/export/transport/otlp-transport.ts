import { messageOf } from '../../internal/diagnostics/diagnostics.js'
import { asOwnRequest } from '../../internal/http/own-requests.js'
import { endpointName, type OtlpSettings } from '../pipeline/otlp-settings.js'
import { GrpcTransport } from './grpc/grpc-transport.js'
import { HttpTransport } from './http/http-transport.js'
import { retryable, type Transport } from './transport.js'

/** The way to an OTLP backend. Its requests are neither traced nor measured. Never throws: what is wrong with the settings, each answer says. */
export function otlpTransport(settings: OtlpSettings): Transport {
  try {
    return unobserved(settings.protocol === 'grpc' ? new GrpcTransport(settings) : new HttpTransport(settings))
  } catch (error) {
    return unusable(endpointName(settings.connection.url), messageOf(error))
  }
}

function unobserved(transport: Transport): Transport {
  return {
    endpoint: transport.endpoint,
    send: (bytes, timeoutMillis) => asOwnRequest(() => transport.send(bytes, timeoutMillis)),
    isReading: (bytes) => transport.isReading(bytes),
    close: () => transport.close(),
  }
}

/** Where the settings name what can't be used: the spans wait as they do in an outage. */
function unusable(endpoint: string, reason: string): Transport {
  return {
    endpoint,
    send: () => Promise.resolve(retryable(reason, { isUnreachable: true })),
    isReading: () => false,
    close: () => undefined,
  }
}
