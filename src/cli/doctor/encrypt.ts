import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

// What a process reports has its OTLP headers in it. The files are readable with the key alone, which never leaves the
// environment of the processes that the doctor has started.

const ALGORITHM = 'aes-256-gcm'
const IV_BYTES = 12
const TAG_BYTES = 16

export const newKey = (): string => randomBytes(32).toString('hex')

export function encrypt(text: string, key: string): Uint8Array {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv(ALGORITHM, Buffer.from(key, 'hex'), iv)
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), body])
}

/** @throws Error for what was not encrypted with this key */
export function decrypt(bytes: Uint8Array, key: string): string {
  const decipher = createDecipheriv(ALGORITHM, Buffer.from(key, 'hex'), bytes.subarray(0, IV_BYTES))
  decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
  return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8')
}
