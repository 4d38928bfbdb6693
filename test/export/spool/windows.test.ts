import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { batch, claims, files, newFolder, rig } from './rig.js'

/** Which operations meet a file that is held, and how many times. */
const held = vi.hoisted(() => ({ operation: '', times: 0, code: 'EPERM', met: 0 }))

vi.mock('node:fs', async (importOriginal) => {
  const fs: Record<string, (...args: unknown[]) => unknown> = await importOriginal()
  const meets = (name: string) =>
    function (...args: unknown[]): unknown {
      if (String(args[0]).startsWith('/proc/')) throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' })
      if (held.operation !== name || held.times === 0) return fs[name]?.(...args)
      held.times -= 1
      held.met += 1
      throw Object.assign(new Error(`${held.code}: operation not permitted, ${name}`), { code: held.code })
    }
  const names = ['renameSync', 'unlinkSync', 'rmdirSync', 'openSync', 'readFileSync', 'readlinkSync']
  return { ...fs, ...Object.fromEntries(names.map((name) => [name, meets(name)])) }
})

const { geteuid, platform } = process
beforeAll(() => {
  Object.defineProperty(process, 'platform', { value: 'win32' })
  Object.defineProperty(process, 'geteuid', { value: undefined, configurable: true })
})
afterAll(() => {
  Object.defineProperty(process, 'platform', { value: platform })
  Object.defineProperty(process, 'geteuid', { value: geteuid, configurable: true })
})
/** Rests of a test before are over. */
let now = 0
beforeEach(() => {
  now += 10_000
  vi.spyOn(performance, 'now').mockImplementation(() => now)
  Object.assign(held, { operation: '', times: 0, code: 'EPERM', met: 0 })
})

const hold = (operation: string, times: number, code = 'EPERM'): void =>
  void Object.assign(held, { operation, times, code, met: 0 })

test.each(['EPERM', 'EBUSY', 'EACCES'])('a rename that meets %s is tried again', (code) => {
  const { spool, warnings } = rig()
  hold('renameSync', 3, code)
  const name = spool.put(batch(1)) ?? ''
  expect(spool.read(name)?.spans).toBe(1)
  expect({ warnings, met: held.met }).toEqual({ warnings: [], met: 3 })
})

test('a rename that stays impossible is given up after five times, and the next ones of that second after one', () => {
  const { spool, warnings, clock } = rig()
  hold('renameSync', 100)
  expect(spool.put(batch(1))).toBeUndefined()
  expect(held.met).toBe(5)
  clock.millis += 10_000
  expect(spool.put(batch(1))).toBeUndefined()
  expect(held.met).toBe(6)
  expect(warnings.map(({ key }) => key)).toEqual(['spool write EPERM'])
})

test('an entry that is held can be deleted a moment later', () => {
  const { spool, folder, warnings } = rig()
  const name = spool.put(batch(1)) ?? ''
  hold('unlinkSync', 2, 'EBUSY')
  spool.remove(name)
  expect(files(folder).filter((file) => file.endsWith('.batch'))).toEqual([])
  expect(warnings).toEqual([])
})

test('an entry that is held longer is not set aside, and can be read later', () => {
  const { spool, warnings } = rig()
  const name = spool.put(batch(1)) ?? ''
  hold('openSync', 5, 'EBUSY')
  expect(spool.read(name)).toBeUndefined()
  expect(warnings.map(({ key }) => key)).toEqual(['spool read'])
  expect(spool.read(name)?.spans).toBe(1)
})

test('without start times a process that lives keeps its claim, and one that has ended leaves it', () => {
  const folder = newFolder()
  const { spool: other, clock: itsClock } = rig(folder)
  const first = other.put(batch(1))
  const [claim = ''] = claims(folder)
  expect(JSON.parse(readFileSync(join(claim, 'owner.json'), 'utf8'))).not.toHaveProperty('start')
  const { spool, clock } = rig(folder)
  expect(spool.adopt()).toEqual([])
  clock.epochMillis += 61_000
  expect(spool.adopt()).toEqual([first])
  // The owner, which was asleep, goes on in a claim of its own.
  itsClock.epochMillis += 61_000
  expect(other.put(batch(2))).toBeDefined()
  expect(claims(folder)).toHaveLength(2)
})
