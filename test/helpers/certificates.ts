import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generate } from 'selfsigned'

export interface CertificateFiles {
  readonly certificatePem: string
  readonly keyPem: string
  readonly certificatePath: string
  readonly keyPath: string
}

/** A throw-away CA with one server and one client certificate, valid for a year, in a folder of their own. */
export interface Certificates extends AsyncDisposable {
  readonly folder: string
  readonly caPem: string
  readonly caPath: string
  /** For `localhost` and 127.0.0.1. */
  readonly server: CertificateFiles
  /** Its common name is `test client`. */
  readonly client: CertificateFiles
  /** Deletes the folder. */
  remove(): Promise<void>
}

type Extensions = NonNullable<NonNullable<Parameters<typeof generate>[1]>['extensions']>
interface Pair {
  readonly cert: string
  readonly private: string
}

const CA: Extensions = [
  { name: 'basicConstraints', cA: true, critical: true },
  { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
]
const serverOf = (hosts: readonly string[]): Extensions => [
  { name: 'basicConstraints', cA: false },
  { name: 'keyUsage', digitalSignature: true, critical: true },
  { name: 'extKeyUsage', serverAuth: true },
  {
    name: 'subjectAltName',
    altNames: [...['localhost', ...hosts].map((value) => ({ type: 2, value }) as const), { type: 7, ip: '127.0.0.1' }],
  },
]
const CLIENT: Extensions = [
  { name: 'basicConstraints', cA: false },
  { name: 'keyUsage', digitalSignature: true, critical: true },
  { name: 'extKeyUsage', clientAuth: true },
]

/**
 * Two calls give two CAs that don't trust each other.
 *
 * @param hosts that the server's is for besides
 */
export async function makeCertificates(hosts: readonly string[] = []): Promise<Certificates> {
  const ca = await make('test CA', CA)
  const [server, client] = await Promise.all([make('localhost', serverOf(hosts), ca), make('test client', CLIENT, ca)])
  const folder = await mkdtemp(join(tmpdir(), 'certificates-'))
  const caPath = join(folder, 'ca.pem')
  await writeFile(caPath, ca.cert)
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true })
  return {
    folder,
    caPem: ca.cert,
    caPath,
    server: await write(folder, 'server', server),
    client: await write(folder, 'client', client),
    remove,
    [Symbol.asyncDispose]: remove,
  }
}

function make(commonName: string, extensions: Extensions, ca?: Pair): Promise<Pair> {
  return generate([{ name: 'commonName', value: commonName }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions,
    ...(ca && { ca: { key: ca.private, cert: ca.cert } }),
  })
}

async function write(folder: string, name: string, pair: Pair): Promise<CertificateFiles> {
  const certificatePath = join(folder, `${name}.pem`)
  const keyPath = join(folder, `${name}.key.pem`)
  await writeFile(certificatePath, pair.cert)
  await writeFile(keyPath, pair.private, { mode: 0o600 })
  return { certificatePem: pair.cert, keyPem: pair.private, certificatePath, keyPath }
}
