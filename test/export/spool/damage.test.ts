import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { batch, claims, files, HEADER_BYTES, newFolder, rig, setAsideIn, type Rig } from './rig.js'

interface Damaged extends Rig {
  readonly name: string
  readonly path: string
}

function written(spans = 3, options: { maxBytes?: number } = {}): Damaged {
  const parts = rig(newFolder(), options)
  const name = parts.spool.put(batch(spans)) ?? ''
  return { ...parts, name, path: join(claims(parts.folder)[0] ?? '', name) }
}

function flip(path: string, offset: number): void {
  const file = readFileSync(path)
  file.writeUInt8(file.readUInt8(offset) ^ 1, offset)
  writeFileSync(path, file)
}

const FIELDS: [field: string, offset: number, said: string][] = [
  ['magic', 0, 'no entry'],
  ['magic', 7, 'no entry'],
  ['version', 11, 'version is 3'],
  ['number of spans', 12, 'checksum'],
  ['number of spans', 15, 'checksum'],
  ['length', 16, 'it holds 100 of'],
  ['length', 19, 'it holds 100 of 101'],
  ['checksum', 20, 'checksum'],
  ['checksum', 23, 'checksum'],
  ['salt of the stamp', 24, 'another endpoint'],
  ['stamp', HEADER_BYTES - 1, 'another endpoint'],
  ['first byte of the body', HEADER_BYTES, 'checksum'],
  ['last byte of the body', HEADER_BYTES + 99, 'checksum'],
]

test.each(FIELDS)('a wrong bit in the %s, at %i, sets the entry aside', (_, offset, said) => {
  const { spool, folder, name, path, warnings } = written()
  flip(path, offset)
  expect(spool.read(name)).toBeUndefined()
  expect(setAsideIn(folder)).toEqual([name])
  expect(warnings).toEqual([{ key: 'spool damage', message: expect.stringContaining(said) as string }])
  expect(spool.read(name)).toBeUndefined()
})

test('an entry is read again when the wrong bit is mended', () => {
  const { spool, name, path } = written()
  flip(path, 50)
  flip(path, 50)
  expect(spool.read(name)?.spans).toBe(3)
})

test.each([0, 1, HEADER_BYTES - 1, HEADER_BYTES, HEADER_BYTES + 99])(
  'an entry cut off after %i bytes is set aside',
  (length) => {
    const { spool, folder, name, path } = written()
    truncateSync(path, length)
    expect(spool.read(name)).toBeUndefined()
    expect(setAsideIn(folder)).toEqual([name])
  },
)

test('an entry without a body that is cut off within its header is set aside', () => {
  const { spool, folder } = rig()
  const name = spool.put(batch(1, 0)) ?? ''
  expect(spool.read(name)).toEqual({ spans: 1, bytes: new Uint8Array(0) })
  truncateSync(join(claims(folder)[0] ?? '', name), HEADER_BYTES - 1)
  expect(spool.read(name)).toBeUndefined()
  expect(setAsideIn(folder)).toEqual([name])
})

test('an entry with bytes behind its end is set aside', () => {
  const { spool, name, path } = written()
  writeFileSync(path, 'x', { flag: 'a' })
  expect(spool.read(name)).toBeUndefined()
})

test('many damaged entries are told of once', () => {
  const { spool, folder, warnings } = rig()
  const names = [1, 2, 3].map((spans) => spool.put(batch(spans)) ?? '')
  for (const name of names) truncateSync(join(claims(folder)[0] ?? '', name), 30)
  expect(names.map((name) => spool.read(name))).toEqual([undefined, undefined, undefined])
  expect(warnings).toHaveLength(1)
  expect(setAsideIn(folder)).toEqual(names)
})

test('of damaged entries a hundred are kept', () => {
  const { spool, folder, name, path } = written()
  mkdirSync(join(folder, 'set-aside'), { mode: 0o700 })
  for (let i = 0; i < 99; i++) writeFileSync(join(folder, 'set-aside', `old-${i}`), '')
  flip(path, 0)
  spool.read(name)
  expect(readdirSync(join(folder, 'set-aside'))).toHaveLength(100)
  const next = spool.put(batch(1)) ?? ''
  flip(join(claims(folder)[0] ?? '', next), 0)
  spool.read(next)
  expect(readdirSync(join(folder, 'set-aside'))).toHaveLength(100)
  expect(files(folder).some((file) => file.includes(next))).toBe(false)
})

test('damaged entries take at most a quarter of the bytes, and count', () => {
  const entry = 100 + HEADER_BYTES
  const { spool, folder } = rig(newFolder(), { maxBytes: 8 * entry })
  for (let i = 0; i < 3; i++) {
    const name = spool.put(batch(1)) ?? ''
    flip(join(claims(folder)[0] ?? '', name), 0)
    spool.read(name)
  }
  expect(readdirSync(join(folder, 'set-aside'))).toHaveLength(2)
  const names = Array.from({ length: 7 }, () => spool.put(batch(1)))
  expect(names.indexOf(undefined)).toBe(6)
})
