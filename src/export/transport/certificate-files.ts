import { readFileSync } from 'node:fs'
import { messageOf, warnOnce } from '../../internal/diagnostics/diagnostics.js'
import type { TlsFiles } from '../pipeline/otlp-settings.js'

export interface CertificateFiles {
  readonly ca: Buffer | undefined
  readonly cert: Buffer | undefined
  readonly key: Buffer | undefined
}

/** @throws where a file can't be read, and is not optional */
export function readCertificates({ caFile, certFile, keyFile, isOptional = false }: TlsFiles): CertificateFiles {
  const read = (file: string | undefined): Buffer | undefined => {
    try {
      return file === undefined ? undefined : readFileSync(file)
    } catch (error) {
      if (!isOptional) throw error
      warnOnce(`certificate ${file}`, `a certificate or key can't be read, and is not used: ${messageOf(error)}`)
      return undefined
    }
  }
  const files = { ca: read(caFile), cert: read(certFile), key: read(keyFile) }
  if (!isOptional || !files.ca || (files.cert === undefined) === (files.key === undefined)) return files
  warnOnce('client certificate', 'a client certificate without its key, or a key without its certificate, is not used')
  return { ca: files.ca, cert: undefined, key: undefined }
}
