import { expect, test } from 'vitest'
import { newKey, encrypt, decrypt } from '../../../src/cli/doctor/encrypt.js'

test('what is sealed can be read with its key alone, and is never the same twice', () => {
  const key = newKey()
  const bytes = encrypt('authorization: Bearer s3cr3t', key)
  expect(Buffer.from(bytes).toString('latin1')).not.toContain('s3cr3t')
  expect(decrypt(bytes, key)).toBe('authorization: Bearer s3cr3t')
  expect(encrypt('authorization: Bearer s3cr3t', key)).not.toEqual(bytes)
  expect(() => decrypt(bytes, newKey())).toThrow()
})
