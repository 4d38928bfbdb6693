/* eslint-disable @typescript-eslint/no-deprecated -- OpenTelemetry offers no other way to its settings. */
import type { OTLPGRPCExporterConfigNode } from '@opentelemetry/otlp-grpc-exporter-base'
import { existsSync, readFileSync } from 'node:fs'
import { readEnv, withoutEnv } from '../../../internal/runtime/env.js'
import type { OtlpConnection, OtlpSettings } from '../../pipeline/otlp-settings.js'
import { SIGNALS, type SignalNames } from '../../pipeline/signal.js'
import { readCertificates } from '../certificate-files.js'
import {
  convertLegacyOtlpGrpcOptions,
  createEmptyMetadata,
  createInsecureCredentials,
  createSslCredentials,
} from './otlp-grpc.js'
import { resolveFromEnvironment, type Resolved } from '../endpoint-from-environment.js'

export type GrpcOptions = ReturnType<typeof convertLegacyOtlpGrpcOptions>

const DEFAULT_URL = 'http://localhost:4317'

/**
 * Address, metadata, credentials, compression and timeout, as OpenTelemetry's exporter would have them.
 *
 * @throws where a configuration file names what can't be used.
 */
export function grpcOptions({
  signal = 'traces',
  connection,
}: Pick<OtlpSettings, 'signal' | 'connection'>): Resolved<GrpcOptions> {
  const names = SIGNALS[signal]
  const convert = (config: OTLPGRPCExporterConfigNode): GrpcOptions =>
    convertLegacyOtlpGrpcOptions(config, names.variable)
  if (!connection)
    return withoutFalseAlarm(
      names,
      resolveFromEnvironment(names, DEFAULT_URL, () => convert({})),
    )
  // What is left out would be filled from the environment, and a configuration file speaks alone.
  const options = withoutEnv(/^OTEL_EXPORTER_OTLP_/, () => convert(configOf(connection)))
  return { options, url: connection.url ?? DEFAULT_URL }
}

/** OpenTelemetry warns that a client certificate is missing as soon as a CA is named, also where none is wanted. */
function withoutFalseAlarm({ variable }: SignalNames, { options, url }: Resolved<GrpcOptions>): Resolved<GrpcOptions> {
  const file = readEnv(`OTEL_EXPORTER_OTLP_${variable}_CERTIFICATE`) ?? readEnv('OTEL_EXPORTER_OTLP_CERTIFICATE')
  const clientNames = ['CLIENT_CERTIFICATE', 'CLIENT_KEY', `${variable}_CLIENT_CERTIFICATE`, `${variable}_CLIENT_KEY`]
  const wantsClient = clientNames.some((name) => readEnv(`OTEL_EXPORTER_OTLP_${name}`) !== undefined)
  if (file === undefined || wantsClient || !url.startsWith('https:') || !existsSync(file)) return { options, url }
  return { options: { ...options, credentials: () => createSslCredentials(readFileSync(file)) }, url }
}

function configOf({
  url,
  headers,
  compression,
  timeoutMillis,
  tls,
  insecure,
}: OtlpConnection): OTLPGRPCExporterConfigNode {
  const metadata = createEmptyMetadata()
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value)
  const isPlain = insecure || (url ?? DEFAULT_URL).startsWith('http:')
  const { ca, cert, key } = readCertificates(tls)
  return {
    metadata,
    credentials: isPlain ? createInsecureCredentials() : createSslCredentials(ca, key, cert),
    compression: compression as never,
    ...(url !== undefined && { url }),
    ...(timeoutMillis !== undefined && { timeoutMillis }),
  }
}
