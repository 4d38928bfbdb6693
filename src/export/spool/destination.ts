import { endpointName, type OtlpSettings } from '../pipeline/otlp-settings.js'

/** Whom batches are for. A spool sends only what was written for the same one. */
export interface Destination {
  /** Format and endpoint, for people: without what may be secret in it. */
  readonly name: string
  /** All that has to be the same, secrets included: never logged, never written down. */
  readonly identity: string
}

/** Where a delivery with these settings sends. */
export function destinationOf({ signal, protocol, connection: { url, headers, tls } }: OtlpSettings): Destination {
  const pairs = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
  pairs.sort()
  // A client certificate identifies the sender, as a header does. By its path, since certificates are renewed.
  const identity = JSON.stringify([signal, protocol, url, pairs, tls.certFile ?? ''])
  return { name: `${signal} as ${protocol} to ${endpointName(url)}`, identity }
}
