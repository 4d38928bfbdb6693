import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { batch, claims, files, killedProcess, newFolder, rig, setAsideIn, type Rig } from './rig.js'

const isRoot = process.geteuid?.() === 0
const STRANGER = 65_534

const keys = ({ warnings }: Rig): string[] => warnings.map(({ key }) => key)

function makeFifo(path: string): void {
  expect(spawnSync('mkfifo', [path]).status).toBe(0)
}

/** A folder with one claim of a killed process, two entries in it. */
async function leftBehind(): Promise<{ folder: string; claim: string; entries: string[] }> {
  const folder = newFolder()
  await killedProcess(folder, 1, 2)
  const [claim = ''] = claims(folder)
  const entries = readdirSync(claim).filter((name) => name.endsWith('.batch'))
  return { folder, claim, entries: entries.sort().map((name) => join(claim, name)) }
}

// Windows has no such modes, owners and FIFOs.
describe.skipIf(process.platform === 'win32')('what others could have made', () => {
  test.each([0o770, 0o707, 0o777, 0o1777])('a folder of mode %o is not used, and left as it is', async (mode) => {
    const { folder } = await leftBehind()
    chmodSync(folder, mode)
    const before = files(folder)
    const parts = rig(folder)
    expect([parts.spool.adopt(), parts.spool.put(batch(1))]).toEqual([[], undefined])
    parts.spool.close()
    expect(files(folder)).toEqual(before)
    expect(parts.warnings).toEqual([
      { key: 'spool refused', message: expect.stringMatching(/is not used.*others can write to it \(mode/) as string },
    ])
  })

  test('a folder that others can write to is used again when they can not', () => {
    const parts = rig()
    mkdirSync(parts.folder, { mode: 0o700 })
    chmodSync(parts.folder, 0o777)
    expect(parts.spool.put(batch(1))).toBeUndefined()
    chmodSync(parts.folder, 0o700)
    expect(parts.spool.put(batch(1))).toBeDefined()
  })

  test('a link to a folder is not used', () => {
    const elsewhere = newFolder()
    mkdirSync(elsewhere, { mode: 0o700 })
    const folder = newFolder()
    symlinkSync(elsewhere, folder)
    const parts = rig(folder)
    expect([parts.spool.adopt(), parts.spool.put(batch(1))]).toEqual([[], undefined])
    expect(keys(parts)).toEqual(['spool refused'])
    expect(readdirSync(elsewhere)).toEqual([])
  })

  test.runIf(isRoot)('a folder of another user is not used by root either', async () => {
    const { folder } = await leftBehind()
    chownSync(folder, STRANGER, STRANGER)
    const parts = rig(folder)
    expect([parts.spool.adopt(), parts.spool.put(batch(1))]).toEqual([[], undefined])
    expect(parts.warnings[0]?.message).toContain('it belongs to another user (65534)')
    expect(claims(folder)).toHaveLength(1)
  })

  test.runIf(isRoot)('a claim of another user is left alone, and what that user owns in ours is not sent', async () => {
    const { folder, claim, entries } = await leftBehind()
    chownSync(claim, STRANGER, STRANGER)
    const refusing = rig(folder)
    expect(refusing.spool.adopt()).toEqual([])
    expect(keys(refusing)).toEqual(['spool claim refused'])
    chownSync(claim, 0, 0)
    chownSync(entries[0] ?? '', STRANGER, STRANGER)
    const adopting = rig(folder)
    const names = adopting.spool.adopt()
    expect(names.map((name) => adopting.spool.read(name)?.spans)).toEqual([undefined, 2])
    expect(adopting.warnings[0]?.message).toContain('it belongs to another user')
    expect(setAsideIn(folder)).toEqual([basename(entries[0] ?? '')])
  })

  test('a claim that others can write to is left alone', async () => {
    const { folder, claim } = await leftBehind()
    chmodSync(claim, 0o777)
    const parts = rig(folder)
    expect(parts.spool.adopt()).toEqual([])
    expect(parts.warnings[0]?.message).toMatch(/is left alone: others can write to it/)
    expect(claims(folder)).toEqual([claim])
  })

  test('an entry that others can write to is set aside', async () => {
    const { folder, entries } = await leftBehind()
    chmodSync(entries[0] ?? '', 0o606)
    const { spool } = rig(folder)
    expect(spool.adopt().map((name) => spool.read(name)?.spans)).toEqual([undefined, 2])
    expect(setAsideIn(folder)).toHaveLength(1)
  })

  test('links in a claim are not followed, by whatever name', async () => {
    const { folder, claim, entries } = await leftBehind()
    const secret = `${folder} secret`
    writeFileSync(secret, readFileSync(entries[0] ?? ''))
    rmSync(entries[0] ?? '')
    for (const name of [basename(entries[0] ?? ''), 'passwd', 'x.tmp']) symlinkSync(secret, join(claim, name))
    rmSync(join(claim, 'owner.json'))
    symlinkSync(secret, join(claim, 'owner.json'))
    writeFileSync(join(claim, 'free'), '')
    const { spool } = rig(folder)
    expect(spool.adopt().map((name) => spool.read(name)?.spans)).toEqual([2])
    expect(existsSync(secret)).toBe(true)
  })

  test('a link in the place of an own entry is set aside, and what it leads to stays', () => {
    const { spool, folder } = rig()
    const name = spool.put(batch(1)) ?? ''
    const path = join(claims(folder)[0] ?? '', name)
    renameSync(path, `${folder} elsewhere`)
    symlinkSync(`${folder} elsewhere`, path)
    expect(spool.read(name)).toBeUndefined()
    expect(setAsideIn(folder)).toEqual([name])
    expect(existsSync(`${folder} elsewhere`)).toBe(true)
  })

  test('a link named set-aside leads nothing out of the folder', () => {
    const { spool, folder } = rig()
    const name = spool.put(batch(1)) ?? ''
    const target = `${folder} target`
    mkdirSync(target)
    writeFileSync(join(target, name), 'not ours')
    symlinkSync(target, join(folder, 'set-aside'))
    truncateSync(join(claims(folder)[0] ?? '', name), 10)
    expect(spool.read(name)).toBeUndefined()
    expect(readdirSync(target)).toEqual([name])
    expect(readFileSync(join(target, name), 'utf8')).toBe('not ours')
  })

  test('what is set aside replaces no file, though it has the same name', () => {
    const { spool, folder } = rig()
    const name = spool.put(batch(1)) ?? ''
    mkdirSync(join(folder, 'set-aside'), { mode: 0o700 })
    writeFileSync(join(folder, 'set-aside', name), 'kept')
    truncateSync(join(claims(folder)[0] ?? '', name), 10)
    spool.read(name)
    expect(readFileSync(join(folder, 'set-aside', name), 'utf8')).toBe('kept')
    expect(readdirSync(join(folder, 'set-aside'))).toHaveLength(2)
  })

  // Where one of these were opened, the test would hang until its time is up.
  test('nothing waits for a FIFO, whatever it is called', { timeout: 10_000 }, async () => {
    const { folder, claim, entries } = await leftBehind()
    for (const path of [entries[0] ?? '', join(claim, 'owner.json')]) {
      rmSync(path)
      makeFifo(path)
    }
    for (const name of ['free', 'x.tmp', 'set-aside', 'batches-a-1-a-aaaaaa']) makeFifo(join(folder, name))
    const { spool, clock } = rig(folder)
    expect(spool.adopt()).toEqual([])
    clock.millis += 121_000
    expect(spool.adopt().map((name) => spool.read(name)?.spans)).toEqual([2])
    const own = spool.put(batch(1)) ?? ''
    const path = join(claims(folder).find((at) => existsSync(join(at, own))) ?? '', own)
    rmSync(path)
    makeFifo(path)
    expect(spool.read(own)).toBeUndefined()
    expect([spool.has(own), existsSync(path)]).toEqual([false, false])
  })

  test('a file without its end is not read: what is too large to be an entry is set aside', () => {
    const { spool, folder } = rig()
    const name = spool.put(batch(1)) ?? ''
    truncateSync(join(claims(folder)[0] ?? '', name), 5e11)
    expect(spool.read(name)).toBeUndefined()
    expect(spool.has(name)).toBe(false)
  })

  test.runIf(isRoot)('a link of another user is no folder, whoever owns what it leads to', () => {
    const elsewhere = newFolder()
    mkdirSync(elsewhere, { mode: 0o700 })
    const folder = newFolder()
    symlinkSync(elsewhere, folder)
    lchownSync(folder, STRANGER, STRANGER)
    expect(rig(folder).spool.put(batch(1))).toBeUndefined()
  })
})
