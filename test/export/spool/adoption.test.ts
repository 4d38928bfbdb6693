import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect, onTestFinished, test } from 'vitest'
import type { Spool } from '../../../src/export/spool/spool.js'
import { runNode } from '../../helpers/run-node.js'
import {
  batch,
  claims,
  files,
  FIXTURE,
  HEADER_BYTES,
  killedProcess,
  newFolder,
  rig,
  setAsideIn,
  spoolProcess,
  type Rig,
} from './rig.js'

const isLinux = process.platform === 'linux'

interface Owner {
  readonly place: string
  readonly pid: number
  readonly start?: string
}

function ownerOf(claim: string): Owner {
  return JSON.parse(readFileSync(join(claim, 'owner.json'), 'utf8')) as Owner
}

/** Makes the claim another's, without a touch of its lease. */
function changeOwner(claim: string, changes: Partial<Owner> | string): void {
  const path = join(claim, 'owner.json')
  const { atime, mtime } = statSync(path)
  writeFileSync(path, typeof changes === 'string' ? changes : JSON.stringify({ ...ownerOf(claim), ...changes }))
  utimesSync(path, atime, mtime)
}

function spansOf(spool: Spool, names: readonly string[]): (number | undefined)[] {
  return names.map((name) => spool.read(name)?.spans)
}

/** How many entries a process has in its own claim; -1 while it has none. */
function entriesOf(folder: string, pid: number): number {
  const claim = claims(folder).find((path) => path.includes(`-${pid}-`))
  return claim === undefined ? -1 : readdirSync(claim).filter((name) => name.endsWith('.batch')).length
}

function temporaryFiles(folder: string): number {
  return claims(folder).flatMap((claim) => readdirSync(claim).filter((name) => name.endsWith('.tmp'))).length
}

/** A folder with one claim of a killed process, two entries in it. */
async function leftBehind(): Promise<Rig & { claim: string }> {
  const folder = newFolder()
  await killedProcess(folder, 1, 2)
  const parts = rig(folder)
  return { ...parts, claim: claims(folder)[0] ?? '' }
}

test(
  'every entry that was reported is read whole after kill -9, and none that is torn',
  { timeout: 60_000 },
  async () => {
    const bytes = 4_000_000
    let torn = 0
    for (let round = 0; round < 3 || (torn === 0 && round < 10); round++) {
      const folder = newFolder()
      const child = await spoolProcess(/^put .*"spans":3}/, 'write', folder, String(bytes))
      // Synchronous, so as to be as fast as it; bounded, so that it fails where nothing is written.
      for (let i = 0; i < 20_000 && temporaryFiles(folder) === 0; i++);
      const { stdout } = await child.stop({ signal: 'SIGKILL' })
      torn += temporaryFiles(folder)
      const reported = Array.from(stdout.matchAll(/"name":"([^"]+)"/g), (match) => match[1])
      const { spool, warnings } = rig(folder)
      const names = spool.adopt()
      // One more may have been written than the process could still report.
      expect(names.slice(0, reported.length)).toEqual(reported)
      expect(names.length - reported.length).toBeLessThanOrEqual(1)
      for (const [i, name] of names.entries()) {
        const content = spool.read(name)
        expect(content?.spans).toBe(i + 1)
        expect(Buffer.compare(content?.bytes ?? Buffer.alloc(0), batch(i + 1, bytes).bytes)).toBe(0)
      }
      expect(warnings).toEqual([])
      expect(temporaryFiles(folder)).toBe(0)
      expect(claims(folder)).toHaveLength(1)
      rmSync(folder, { recursive: true })
    }
    expect(torn).toBeGreaterThan(0)
  },
)

test('a process with a spool ends by itself, and its entries are adopted', async () => {
  const folder = newFolder()
  const { stdout, exitCode } = await runNode({ args: [FIXTURE, 'end', folder] })
  expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 0 })
  expect(rig(folder).spool.adopt()).toHaveLength(1)
})

test('what was being written when its owner was killed is deleted', async () => {
  const { spool, folder, claim } = await leftBehind()
  const [entry = ''] = readdirSync(claim).filter((name) => name.endsWith('.batch'))
  renameSync(join(claim, entry), join(claim, `${entry}.tmp`))
  expect(spansOf(spool, spool.adopt())).toEqual([2])
  expect(files(folder).map((path) => basename(path))).toHaveLength(2)
})

test.each([2, 4])('of %i processes that adopt at the same time, one gets each entry', async (count) => {
  const folder = newFolder()
  await killedProcess(folder, 12, 5)
  const gate = `${folder} gate`
  const adopters = await Promise.all(Array.from({ length: count }, () => spoolProcess(/^ready/, 'adopt', folder, gate)))
  writeFileSync(gate, '')
  const lines = await Promise.all(adopters.map((adopter) => adopter.waitForLine(/^adopted (.*)$/)))
  const adopted = lines.map((line) => JSON.parse(line[1] ?? '') as { name: string; bytes: number }[])
  const names = adopted.flat().map(({ name }) => name)
  expect(names).toHaveLength(60)
  expect(new Set(names).size).toBe(60)
  expect(adopted.flat().every(({ bytes }) => bytes === 100)).toBe(true)
  expect(adopters.map((adopter) => adopter.stdout()).join('')).not.toContain('warning')
})

test('a process killed while it adopts leaves what it took to the next', { timeout: 60_000 }, async () => {
  const folder = newFolder()
  await killedProcess(folder, 4, 100)
  for (const unpacked of [0, 50, 200, 350]) {
    const gate = `${folder} gate ${unpacked}`
    const adopter = await spoolProcess(/^ready/, 'adopt', folder, gate)
    writeFileSync(gate, '')
    // Synchronous, so as to be as fast as it; bounded, so that it fails where nothing is adopted.
    for (let i = 0; i < 20_000 && entriesOf(folder, adopter.pid) < unpacked; i++);
    await adopter.stop({ signal: 'SIGKILL' })
  }
  const { spool } = rig(folder)
  const names = spool.adopt()
  expect(new Set(names).size).toBe(400)
  expect(spansOf(spool, names)).not.toContain(undefined)
  expect(files(folder).filter((file) => file.endsWith('.batch'))).toHaveLength(400)
})

test('claims within a claim are adopted with it, the oldest entry first, and nothing else stays', async () => {
  const folder = newFolder()
  await killedProcess(folder, 3, 2)
  const [outer = '', middle = '', inner = ''] = claims(folder)
  renameSync(inner, join(middle, basename(inner)))
  renameSync(middle, join(outer, basename(middle)))
  const { spool } = rig(folder)
  const names = spool.adopt()
  expect(names).toHaveLength(6)
  expect(names.toSorted()).toEqual(names)
  expect(spansOf(spool, names)).not.toContain(undefined)
  expect(files(folder)).toHaveLength(7)
})

test('what is nothing of ours in a claim is set aside when it is adopted', async () => {
  const { spool, folder, claim } = await leftBehind()
  writeFileSync(join(claim, 'notes.txt'), 'not ours')
  expect(spool.adopt()).toHaveLength(2)
  expect(setAsideIn(folder)).toEqual(['foreign'])
})

test('adopted entries count', async () => {
  const folder = newFolder()
  const entry = 100 + HEADER_BYTES
  const { spool, clock } = rig(folder, { maxBytes: 2 * entry })
  await killedProcess(folder, 1, 2)
  const [first = ''] = spool.adopt()
  expect(spool.put(batch(1))).toBeUndefined()
  spool.remove(first)
  expect(spool.put(batch(1))).toBeDefined()
  expect(clock.millis).toBe(0)
})

test('a living process keeps its entries, also when it has not shown itself for an hour', async () => {
  const folder = newFolder()
  await spoolProcess(/^holding/, 'hold', folder, '1', '1', '100')
  const { spool, clock } = rig(folder)
  if (isLinux) clock.epochMillis += 3_600_000
  expect(spool.adopt()).toEqual([])
})

test.runIf(isLinux)('a pid that another process has now is an ended owner', async () => {
  const { spool, claim } = await leftBehind()
  changeOwner(claim, { pid: process.ppid })
  expect(spool.adopt()).toHaveLength(2)
})

test('a pid that may be another process now is judged by the lease', async () => {
  const { spool, claim, clock } = await leftBehind()
  const { place, start: _, ...owner } = { ...ownerOf(claim), pid: process.ppid }
  changeOwner(claim, JSON.stringify({ ...owner, place }))
  expect(spool.adopt()).toEqual([])
  clock.epochMillis += 61_000
  expect(spool.adopt()).toHaveLength(2)
})

test.runIf(isLinux)('a killed process that nobody has waited for is an ended owner', async () => {
  const folder = newFolder()
  // The shell becomes a program that never asks for the end of its child.
  const script = `"$0" "$@" & echo child $! >&2; exec sleep 60`
  const parent = spawn('sh', ['-c', script, process.execPath, FIXTURE, 'hold', folder, '1', '1', '100'])
  onTestFinished(() => void parent.kill('SIGKILL'))
  const [said] = (await once(parent.stderr, 'data')) as [Buffer]
  await once(parent.stdout, 'data')
  const pid = Number(/child (\d+)/.exec(String(said))?.[1])
  process.kill(pid, 'SIGKILL')
  await expect.poll(() => readFileSync(`/proc/${pid}/stat`, 'utf8')).toMatch(/\) Z /)
  expect(rig(folder).spool.adopt()).toHaveLength(1)
})

test.runIf(isLinux && process.getuid?.() === 0)('a process of another user is alive', async () => {
  const folder = newFolder()
  await killedProcess(folder)
  const [claim = ''] = claims(folder)
  const nobody = 65_534
  chmodSync(join(folder, '..'), 0o777)
  for (const path of [
    folder,
    ...readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((at) => join(folder, at)),
  ])
    chownSync(path, nobody, nobody)
  const start = readFileSync('/proc/1/stat', 'latin1').split(') ')[1]?.split(' ')[19] ?? ''
  const adopted = async (changes: Partial<Owner>): Promise<unknown> => {
    changeOwner(claim, changes)
    const child = await spoolProcess(/^ready/, 'adopt-as', folder, String(nobody))
    const [, said = ''] = await child.waitForLine(/^adopted (.*)$/)
    await child.stop({ signal: 'SIGKILL' })
    return JSON.parse(said)
  }
  expect(await adopted({ pid: 1, start })).toEqual([])
  expect(await adopted({ pid: 1, start: '-1' })).toHaveLength(1)
})

const OF_OTHER_CLOCKS: [what: string, changes: string | Partial<Owner>][] = [
  ['on another host', { place: 'elsewhere' }],
  ['whose owner file is torn', '{"pl'],
  ['whose owner file names no process', { pid: 0 }],
]

test.each(OF_OTHER_CLOCKS)(
  'a claim %s is adopted when it was not renewed for two minutes, whatever its clock says',
  async (_, changes) => {
    const { spool, claim, clock } = await leftBehind()
    changeOwner(claim, changes)
    // The other clock is five minutes behind.
    clock.epochMillis += 300_000
    const owner = join(claim, 'owner.json')
    for (let i = 0; i < 10; i++) {
      expect(spool.adopt()).toEqual([])
      clock.millis += 30_000
      // It lives, and shows it.
      const { atime, mtimeMs } = statSync(owner)
      utimesSync(owner, atime, (mtimeMs + 30_000) / 1_000)
    }
    for (let i = 0; i < 5; i++) {
      expect(spool.adopt()).toEqual([])
      clock.millis += 30_000
    }
    expect(spansOf(spool, spool.adopt())).toEqual([1, 2])
  },
)

test.each([3_700_000, -3_700_000])(
  'a claim on another host whose last sign of life is %i ms away is adopted at once',
  async (millis) => {
    const { spool, claim, clock } = await leftBehind()
    changeOwner(claim, { place: 'elsewhere' })
    clock.epochMillis += millis
    expect(spool.adopt()).toHaveLength(2)
  },
)

test('a claim whose owner never came to say who it is is adopted two minutes after it was first seen', async () => {
  const { spool, claim, clock } = await leftBehind()
  rmSync(join(claim, 'owner.json'))
  expect(spool.adopt()).toEqual([])
  clock.millis += 121_000
  expect(spool.adopt()).toHaveLength(2)
})

test('a thread that has ended within a living process leaves its entries when its lease is over', async () => {
  const folder = newFolder()
  const worker = new Worker(FIXTURE, { argv: ['hold', folder, '1', '2', '100'], stdout: true })
  await expect.poll(() => files(folder).length, { timeout: 10_000 }).toBe(3)
  await worker.terminate()
  const { spool, clock } = rig(folder)
  expect(spool.adopt()).toEqual([])
  clock.epochMillis += 62_000
  expect(spool.adopt()).toHaveLength(2)
})

test('an owner that was believed dead goes on in a new claim, and nothing is there twice', () => {
  const { spool: sleeper, folder } = rig()
  const before = sleeper.put(batch(1))
  const { spool, clock } = rig(folder)
  clock.epochMillis += 61_000
  expect(spool.adopt()).toEqual([before])
  const after = sleeper.put(batch(2)) ?? ''
  expect(sleeper.read(after)?.spans).toBe(2)
  expect(sleeper.read(before ?? '')).toBeUndefined()
  expect(files(folder).filter((file) => file.endsWith('.batch'))).toHaveLength(2)
})

test('nothing is made on disk when there is nothing to adopt', async () => {
  const folder = newFolder()
  await spoolProcess(/^holding/, 'hold', folder, '1', '1', '100')
  const before = files(folder)
  const { spool } = rig(folder)
  spool.adopt()
  expect(files(folder)).toEqual(before)
  expect(claims(folder)).toHaveLength(1)
})

test.runIf(isLinux && process.getuid?.() !== 0)('a claim that can not be taken is told of once', async () => {
  const { spool, claim, warnings } = await leftBehind()
  chmodSync(claim, 0o500)
  expect(spool.adopt()).toEqual([])
  expect(spool.adopt()).toEqual([])
  chmodSync(claim, 0o700)
  expect(warnings.map(({ key }) => key)).toEqual(['spool adopt'])
  expect(spool.adopt()).toHaveLength(2)
})
