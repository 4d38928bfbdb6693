import { readFileSync } from 'node:fs'
import type { OtlpConnection } from '../pipeline/otlp-settings.js'

export interface CertificateFiles {
  readonly ca: Buffer | undefined
  readonly cert: Buffer | undefined
  readonly key: Buffer | undefined
}

/** What a configuration file names for TLS. @throws where a file can't be read: that is told at the start. */
export function readCertificates({ caFile, certFile, keyFile }: OtlpConnection['tls']): CertificateFiles {
  return { ca: read(caFile), cert: read(certFile), key: read(keyFile) }
}

function read(file: string | undefined): Buffer | undefined {
  return file === undefined ? undefined : readFileSync(file)
}
