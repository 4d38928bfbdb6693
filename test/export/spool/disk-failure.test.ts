import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { batch, claims, files, FIXTURE, killedProcess, newFolder, rig } from './rig.js'

/** Runs the fixture in a mount namespace of its own, on a file system that vanishes with it. Any user may, on most Linuxes. */
function onFileSystem(options: string, ...args: string[]): { lines: string[]; error: string } {
  const folder = newFolder()
  mkdirSync(folder, { mode: 0o700 })
  const script = `mount -t tmpfs -o "$1" spool-test "$2" && cd "$2" && shift 2 && exec "$@"`
  const [mode = '', ...rest] = args
  const command = [process.execPath, FIXTURE, mode, join(folder, 'spool'), ...rest]
  const { stdout, stderr } = spawnSync('unshare', ['-rm', 'sh', '-c', script, 'sh', options, folder, ...command], {
    encoding: 'utf8',
  })
  return { lines: stdout.trim().split('\n'), error: stderr }
}

/** A disk that is really full, or read-only, is one that may be mounted. */
const canMount = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'spool-test', '/mnt']).status === 0

test.skipIf(!canMount)('on a full disk no batch is written in part, and one warning says so', () => {
  // Some of the megabyte is the owner file's; seven batches of 140,000 bytes fit, and part of an eighth.
  const { lines, error } = onFileSystem('size=1m', 'fill', '140000')
  expect(error).toBe('')
  expect(lines).toHaveLength(3)
  expect(lines[0]).toMatch(/^warning {"key":"spool write ENOSPC".*\/spool can't be written to.*no space left/)
  const filled = JSON.parse(lines[1]?.slice(7) ?? '') as { whole: number; of: string[] }
  expect(filled).toMatchObject({ whole: 7, of: { length: 7 } })
  // Nothing but the folder itself: the partial file is gone as well.
  expect(lines[2]).toBe('left 2')
})

test.skipIf(!canMount)('on a read-only file system nothing is written, and one warning says so', () => {
  const { lines, error } = onFileSystem('ro', 'fill', '100')
  expect(error).toBe('')
  expect(lines[0]).toMatch(/^warning {"key":"spool write EROFS"/)
  expect(lines.slice(1)).toEqual(['filled {"whole":0,"of":[]}', 'left false'])
})

// Permissions don't stop root, and Windows has others.
test.skipIf(process.platform === 'win32' || process.getuid?.() === 0)('a folder without permission is told of', () => {
  const folder = newFolder()
  mkdirSync(folder, { mode: 0o500 })
  const { spool, warnings } = rig(folder)
  expect(spool.put(batch(1))).toBeUndefined()
  expect(warnings.map(({ key }) => key)).toEqual(['spool write EACCES'])
})

test.each(['.', './below'])('a file in place of %s is told of once, and tried again after ten seconds', (sub) => {
  const file = newFolder()
  writeFileSync(file, 'a file')
  const { spool, warnings, clock } = rig(join(file, sub))
  expect(spool.put(batch(1))).toBeUndefined()
  expect(spool.adopt()).toEqual([])
  expect(warnings).toHaveLength(1)
  expect(warnings[0]?.key).toBe('spool write EEXIST')
  expect(warnings[0]?.message).toContain(join(file, sub))
  clock.millis = 10_000
  expect(spool.put(batch(1))).toBeUndefined()
  expect(warnings).toHaveLength(1)
  rmSync(file)
  clock.millis = 19_999
  expect(spool.put(batch(1))).toBeUndefined()
  expect(existsSync(file)).toBe(false)
  clock.millis = 20_000
  expect(spool.read(spool.put(batch(1)) ?? '')?.spans).toBe(1)
})

// Linux only: below /proc nobody makes a folder, not even root.
test.skipIf(!existsSync('/proc/self'))('a folder that can not be made is told of', () => {
  const { spool, warnings } = rig('/proc/spans')
  expect(spool.put(batch(1))).toBeUndefined()
  expect(spool.adopt()).toEqual([])
  expect(warnings.map(({ key }) => key)).toEqual(['spool write ENOENT'])
})

test('a batch that can not be written leaves no file, and the ones before can still be read', () => {
  const { spool, folder, warnings } = rig()
  const name = spool.put(batch(1)) ?? ''
  const before = files(folder)
  // The next name is known, and a folder has it already.
  const [time, , token] = name.split('-')
  const next = join(claims(folder)[0] ?? '', `${time}-000000001-${token}`)
  mkdirSync(next)
  expect(spool.put(batch(2))).toBeUndefined()
  expect(warnings).toHaveLength(1)
  expect(files(folder)).toEqual(before)
  expect(spool.read(name)?.spans).toBe(1)
})

test('an entry that can not be deleted is told of', () => {
  const { spool, folder, warnings } = rig()
  const name = spool.put(batch(1)) ?? ''
  const path = join(claims(folder)[0] ?? '', name)
  rmSync(path)
  mkdirSync(path)
  spool.remove(name)
  expect(warnings.map(({ key }) => key)).toEqual(['spool remove'])
})

test('a folder in the place of an entry is set aside', () => {
  const { spool, folder, warnings } = rig()
  const name = spool.put(batch(1)) ?? ''
  const path = join(claims(folder)[0] ?? '', name)
  renameSync(path, `${path}.away`)
  mkdirSync(path)
  expect(spool.read(name)).toBeUndefined()
  expect(warnings.map(({ key }) => key)).toEqual(['spool damage'])
  expect([spool.has(name), existsSync(path)]).toEqual([false, false])
})

test('while nothing can be written, what others left is not lost', async () => {
  const folder = newFolder()
  await killedProcess(folder, 1, 2)
  const left = files(folder)
  const away = `${folder} away`
  const { spool, warnings, clock } = rig(folder)
  renameSync(folder, away)
  writeFileSync(folder, 'a file')
  expect(spool.put(batch(1))).toBeUndefined()
  rmSync(folder)
  renameSync(away, folder)
  expect(spool.adopt()).toEqual([])
  expect(files(folder)).toEqual(left)
  clock.millis = 10_000
  expect(spool.adopt()).toHaveLength(2)
  expect(warnings).toHaveLength(1)
  expect(readdirSync(dirname(folder))).toHaveLength(1)
})
