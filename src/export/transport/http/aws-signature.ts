import type * as CredentialProvider from '@aws-sdk/credential-provider-node'
import type * as Signature from '@smithy/signature-v4'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { messageOf } from '../../../internal/diagnostics/diagnostics.js'
import { requireOwn } from '../../../internal/runtime/own-package.js'

export interface UnsignedPost {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export interface SignedPost {
  readonly headers: Readonly<Record<string, string>>
  /** What a server may repeat of the credentials. */
  readonly secrets: readonly string[]
}

/** Rejects where there are no credentials. */
export type SignPost = (post: UnsignedPost) => Promise<SignedPost>

/** AWS's own OTLP endpoints: traces, logs and metrics. */
const AWS_HOST = /^(xray|logs|monitoring)(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|api\.aws)$/

const CREDENTIALS = '@aws-sdk/credential-provider-node'
const SIGNATURE = '@smithy/signature-v4'

/**
 * Signs requests to AWS's own OTLP endpoints, which take no others, by AWS's packages as the app has them. Undefined for all
 * other endpoints, and where the app sets the header itself.
 *
 * AWS Signature Version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 */
export function awsSigner(url: URL, headers: Readonly<Record<string, string>>): SignPost | undefined {
  const [, service, region] = AWS_HOST.exec(url.hostname) ?? []
  const isSigned = Object.keys(headers).some((name) => name.toLowerCase() === 'authorization')
  if (service === undefined || region === undefined || isSigned) return undefined
  let sign: SignPost | undefined
  return (post) => (sign ??= newSigner(url, service, region))(post)
}

/** @throws where a package is missing: the next attempt looks again */
function newSigner(url: URL, service: string, region: string): SignPost {
  const { defaultProvider } = requireFromApp(CREDENTIALS) as typeof CredentialProvider
  const { SignatureV4 } = requireFromApp(SIGNATURE) as typeof Signature
  // Keeps the credentials, and asks for others some minutes before they expire.
  const credentials = defaultProvider()
  const signature = new SignatureV4({ credentials, region, service, sha256: sha256() })
  return async ({ headers, body }) => {
    const request = {
      method: 'POST',
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { ...headers, host: url.host },
      body,
    }
    const signed = await signature.sign(request)
    const { accessKeyId, secretAccessKey, sessionToken = '' } = await credentials()
    return { headers: signed.headers, secrets: [accessKeyId, secretAccessKey, sessionToken] }
  }
}

/** The app has chosen the version; in a layout that is not flat, only the app finds what it depends on. */
function requireFromApp(name: string): unknown {
  let reason = ''
  for (const from of [process.argv[1], join(process.cwd(), 'package.json'), undefined]) {
    try {
      return (from === undefined ? requireOwn : createRequire(from))(name)
    } catch (error) {
      reason = messageOf(error).split('\n', 1)[0] ?? ''
    }
  }
  throw new Error(`the request can't be signed for AWS: ${reason}`)
}

type Sha256 = ConstructorParameters<typeof Signature.SignatureV4>[0]['sha256']
type Data = Parameters<InstanceType<Sha256>['update']>[0]

/** By Node.js itself, so that no package is needed for it. */
function sha256(): Sha256 {
  const { createHash, createHmac } = requireOwn('node:crypto') as typeof import('node:crypto')
  return class {
    readonly #hash
    constructor(secret?: Data) {
      this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret))
    }
    update(data: Data): void {
      this.#hash.update(bytesOf(data))
    }
    digest(): Promise<Uint8Array> {
      return Promise.resolve(this.#hash.digest())
    }
    reset(): void {
      throw new Error('each signature has a hash of its own')
    }
  }
}

function bytesOf(data: Data): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data)
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data)
}
