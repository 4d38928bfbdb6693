import { context } from '@opentelemetry/api'
import { suppressTracing } from '@opentelemetry/core'
import { messageOf } from '../../../internal/diagnostics.js'
import type { OtlpSettings } from '../../otlp-settings.js'
import { endpointName } from './endpoint-name.js'
import { grpcTransport } from './grpc-transport.js'
import { httpTransport } from './http-transport.js'
import type { Transport } from './transport.js'
import { unusableTransport } from './unusable-transport.js'

/** The way to an OTLP backend. Its requests are not traced. Never throws: what is wrong with the settings, each answer says. */
export function otlpTransport(settings: OtlpSettings): Transport {
  try {
    return untraced(settings.protocol === 'grpc' ? grpcTransport(settings) : httpTransport(settings))
  } catch (error) {
    return unusableTransport(endpointName(settings.connection?.url ?? 'the default endpoint'), messageOf(error))
  }
}

function untraced(transport: Transport): Transport {
  return {
    endpoint: transport.endpoint,
    send: (bytes, timeoutMillis) =>
      context.with(suppressTracing(context.active()), () => transport.send(bytes, timeoutMillis)),
    close: () => transport.close(),
  }
}
