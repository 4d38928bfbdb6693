import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { batch, claims, files, HEADER_BYTES, newFolder, rig } from './rig.js'

afterEach(() => vi.useRealTimers())

test('a batch is read as it was written, also from shared memory', () => {
  const { spool, warnings } = rig()
  const shared = new Uint8Array(new SharedArrayBuffer(70_000)).map((_, i) => i % 255)
  const name = spool.put({ spans: 512, bytes: shared }) ?? ''
  const content = spool.read(name)
  expect(content?.spans).toBe(512)
  expect(Buffer.compare(content?.bytes ?? Buffer.alloc(0), new Uint8Array(shared))).toBe(0)
  expect(warnings).toEqual([])
})

test('what is read lies in memory of its own, which can be transferred', () => {
  const { spool } = rig()
  const content = spool.read(spool.put(batch(1, 10)) ?? '')
  expect(content?.bytes.buffer.byteLength).toBe(10)
})

test('names order as the batches were written, also when the clock is set back', () => {
  const { spool, clock } = rig()
  const names = [spool.put(batch(1))]
  clock.epochMillis -= 3_600_000
  names.push(spool.put(batch(2)), spool.put(batch(3)))
  clock.epochMillis += 7_200_000
  names.push(spool.put(batch(4)))
  expect(names).not.toContain(undefined)
  expect(names.toSorted()).toEqual(names)
  expect(new Set(names).size).toBe(4)
})

test('nothing is made on disk before there is something to write', () => {
  const { spool, folder, warnings } = rig()
  expect(spool.adopt()).toEqual([])
  expect(spool.read('000000000000001-000000000-aaaaaa.batch')).toBeUndefined()
  spool.close()
  expect(existsSync(folder)).toBe(false)
  expect(warnings).toEqual([])
})

test('only the user can read folders and files', () => {
  const { spool, folder } = rig()
  spool.put(batch(1))
  const [claim = ''] = claims(folder)
  const mode = (path: string): number => statSync(path).mode & 0o777
  expect([folder, claim].map(mode)).toEqual([0o700, 0o700])
  const names = readdirSync(claim)
  expect(names).toHaveLength(2)
  expect(names.map((name) => mode(join(claim, name)))).toEqual([0o600, 0o600])
})

test('a removed entry is gone from disk and can not be read', () => {
  const { spool, folder } = rig()
  const name = spool.put(batch(1)) ?? ''
  spool.remove(name)
  spool.remove(name)
  expect(spool.read(name)).toBeUndefined()
  expect(files(folder).map((path) => basename(path))).toEqual(['owner.json'])
})

test('only names of entries are read or removed, whatever else is there', () => {
  const { spool, folder } = rig()
  spool.put(batch(1))
  const before = files(folder)
  for (const name of ['', 'owner.json', '../../x', before[0] ?? '']) {
    expect(spool.read(name)).toBeUndefined()
    spool.remove(name)
  }
  expect(files(folder)).toEqual(before)
})

test('beyond its bytes nothing is written, and that is told once, until something is removed', () => {
  const { spool, folder, warnings } = rig(newFolder(), { maxBytes: 2 * (100 + HEADER_BYTES) })
  const first = spool.put(batch(1)) ?? ''
  expect(spool.put(batch(2))).toBeDefined()
  expect([spool.put(batch(3)), spool.put(batch(4))]).toEqual([undefined, undefined])
  expect(warnings.map(({ key }) => key)).toEqual(['spool full'])
  expect(warnings[0]?.message).toContain(folder)
  spool.remove(first)
  expect(spool.put(batch(5, 101))).toBeUndefined()
  expect(spool.put(batch(5))).toBeDefined()
})

test('entries of others count when the spool is opened, and again ten seconds after it was full', () => {
  const { spool: other, folder } = rig()
  const names = [other.put(batch(1)) ?? '', other.put(batch(2)) ?? '']
  const { spool, clock } = rig(folder, { maxBytes: 2 * (100 + HEADER_BYTES) })
  expect(spool.put(batch(3))).toBeUndefined()
  other.remove(names[0] ?? '')
  clock.millis = 9_999
  expect(spool.put(batch(3))).toBeUndefined()
  clock.millis = 10_000
  expect(spool.put(batch(3))).toBeDefined()
  expect(spool.put(batch(4))).toBeUndefined()
})

test('closing an empty spool leaves nothing of it', () => {
  const { spool, folder } = rig()
  spool.remove(spool.put(batch(1)) ?? '')
  spool.close()
  expect(readdirSync(folder)).toEqual([])
})

test('what a closed spool leaves behind is adopted at once, by a spool of the same process too', () => {
  const { spool, folder } = rig()
  const names = [spool.put(batch(1)), spool.put(batch(2))]
  const { spool: next } = rig(folder)
  expect(next.adopt()).toEqual([])
  spool.close()
  expect(next.adopt()).toEqual(names)
  expect(names.map((name) => next.read(name ?? '')?.spans)).toEqual([1, 2])
  expect(claims(folder)).toHaveLength(1)
})

test('a closed spool does nothing', () => {
  const { spool, folder } = rig()
  const name = spool.put(batch(1)) ?? ''
  spool.close()
  const before = files(folder)
  expect(spool.put(batch(2))).toBeUndefined()
  expect(spool.adopt()).toEqual([])
  expect(spool.read(name)).toBeUndefined()
  spool.remove(name)
  spool.close()
  expect(files(folder)).toEqual(before)
})

test('files and folders of others are left alone', () => {
  const folder = newFolder()
  mkdirSync(folder, { mode: 0o700 })
  mkdirSync(join(folder, 'spans-archive'))
  mkdirSync(join(folder, 'other'))
  const foreign = ['notes.txt', join('spans-archive', 'x.batch'), join('other', 'y.tmp'), 'z.tmp']
  for (const path of foreign) writeFileSync(join(folder, path), 'mine')
  const { spool, clock } = rig(folder, { maxBytes: 100 + HEADER_BYTES })
  clock.epochMillis += 86_400_000
  expect(spool.adopt()).toEqual([])
  expect(spool.put(batch(1))).toBeDefined()
  spool.close()
  expect(files(folder)).toEqual(expect.arrayContaining(foreign))
})

test('the folder may be deleted at any time: the next batch makes it again', () => {
  const { spool, folder, warnings } = rig()
  const lost = spool.put(batch(1)) ?? ''
  rmSync(folder, { recursive: true })
  const name = spool.put(batch(2)) ?? ''
  expect(spool.read(name)?.spans).toBe(2)
  expect(warnings).toEqual([])
  expect(spool.read(lost)).toBeUndefined()
  expect(warnings.map(({ key }) => key)).toEqual(['spool read'])
})

test('the folder stays the same when the app changes its working directory', () => {
  const folder = newFolder()
  mkdirSync(folder, { mode: 0o700 })
  const before = process.cwd()
  process.chdir(folder)
  try {
    const { spool } = rig('relative')
    process.chdir(before)
    expect(spool.put(batch(1))).toBeDefined()
    expect(claims(join(folder, 'relative'))).toHaveLength(1)
    spool.close()
  } finally {
    process.chdir(before)
  }
})

test('an owner shows every twenty seconds that it lives, until it is closed', () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const { spool, folder, clock } = rig()
  spool.put(batch(1))
  const owner = join(claims(folder)[0] ?? '', 'owner.json')
  for (let i = 0; i < 3; i++) {
    clock.epochMillis += 20_000
    vi.advanceTimersByTime(20_000)
    expect(Math.abs(statSync(owner).mtimeMs - clock.epochMillis)).toBeLessThan(2)
  }
  expect(vi.getTimerCount()).toBe(1)
  spool.close()
  expect(vi.getTimerCount()).toBe(0)
})

test('a spool never adopts from itself, also when it could not show that it lives', () => {
  const { spool, clock, warnings } = rig()
  const name = spool.put(batch(1)) ?? ''
  clock.epochMillis += 3_600_000
  expect(spool.adopt()).toEqual([])
  expect(spool.read(name)?.spans).toBe(1)
  expect(warnings).toEqual([])
})

test('a folder that was there keeps its mode', () => {
  const folder = newFolder()
  mkdirSync(folder, { mode: 0o700 })
  chmodSync(folder, 0o750)
  rig(folder).spool.put(batch(1))
  expect(statSync(folder).mode & 0o777).toBe(0o750)
})
