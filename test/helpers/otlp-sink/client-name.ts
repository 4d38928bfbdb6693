import { TLSSocket, type PeerCertificate } from 'node:tls'

/** The common name of the certificate that the client showed, with mutual TLS. */
export function clientNameOf(socket: unknown): string | undefined {
  return socket instanceof TLSSocket ? commonName(socket.getPeerCertificate()) : undefined
}

/** Of a client without a certificate Node.js gives an empty object, whatever its type says. */
function commonName({ subject }: Partial<PeerCertificate>): string | undefined {
  const name = subject?.CN
  return Array.isArray(name) ? name[0] : name
}
