import { messageOf } from '../../internal/diagnostics/diagnostics.js'
import { asOwnRequest } from '../../internal/http/own-requests.js'
import type { OtlpSettings } from '../pipeline/otlp-settings.js'
import { endpointName } from './endpoint-name.js'
import { grpcTransport } from './grpc/grpc-transport.js'
import { httpTransport } from './http/http-transport.js'
import type { Transport } from './transport.js'
import { unusableTransport } from './unusable-transport.js'

/** The way to an OTLP backend. Its requests are neither traced nor measured. Never throws: what is wrong with the settings, each answer says. */
export function otlpTransport(settings: OtlpSettings): Transport {
  try {
    return unobserved(settings.protocol === 'grpc' ? grpcTransport(settings) : httpTransport(settings))
  } catch (error) {
    return unusableTransport(endpointName(settings.connection?.url ?? 'the default endpoint'), messageOf(error))
  }
}

function unobserved(transport: Transport): Transport {
  return {
    endpoint: transport.endpoint,
    send: (bytes, timeoutMillis) => asOwnRequest(() => transport.send(bytes, timeoutMillis)),
    close: () => transport.close(),
  }
}
