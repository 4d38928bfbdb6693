import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach } from 'vitest'
import { FolderSpool, type SpoolOptions, type Spool } from '../../../src/export/spool/spool.js'
import { startNode, type RunningNode } from '../../helpers/run-node.js'

export const FIXTURE: string = fileURLToPath(new URL('fixtures/spool-process.mjs', import.meta.url))
export const HEADER_BYTES = 72
export const DESTINATION = { name: 'traces to somewhere', identity: 'somewhere, with a secret' }

const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** A folder of the test's own; the spool's is the one below it, which is not there yet. */
export function newFolder(): string {
  const parent = mkdtempSync(join(tmpdir(), 'spool test – Größe '))
  cleanups.push(() => rmSync(parent, { recursive: true, force: true }))
  return join(parent, 'späne & more')
}

export interface Rig {
  readonly folder: string
  readonly spool: Spool
  readonly warnings: { key: string; message: string }[]
  readonly clock: { millis: number; epochMillis: number }
}

export function rig(folder: string = newFolder(), options: Partial<SpoolOptions> = {}): Rig {
  const warnings: Rig['warnings'] = []
  const clock = { millis: 0, epochMillis: Date.now() }
  const spool = new FolderSpool({
    folder,
    maxBytes: 1e9,
    destination: DESTINATION,
    warn: (key, message) => warnings.push({ key, message }),
    clock: { nowMillis: () => clock.millis },
    nowEpochMillis: () => clock.epochMillis,
    ...options,
  })
  cleanups.push(() => spool.close())
  return { folder, spool, warnings, clock }
}

export function batch(spans: number, bytes = 100): { spans: number; bytes: Uint8Array } {
  return { spans, bytes: new Uint8Array(bytes).fill(spans % 251) }
}

/** Another process with a spool in the folder, once it says so. */
export async function spoolProcess(ready: RegExp, ...args: string[]): Promise<RunningNode> {
  const child = await startNode({ args: [FIXTURE, ...args], ready })
  cleanups.push(() => child.stop({ signal: 'SIGKILL' }))
  return child
}

/** Leaves entries behind, as a process does that is killed. */
export async function killedProcess(folder: string, spools = 1, entries = 1, bytes = 100): Promise<number> {
  const child = await spoolProcess(/^holding/, 'hold', folder, String(spools), String(entries), String(bytes))
  await child.stop({ signal: 'SIGKILL' })
  return child.pid
}

export function claims(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => name.startsWith('batches-'))
    .map((name) => join(folder, name))
}

/** All files of a folder, by their paths in it. */
export function files(folder: string): string[] {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return paths.filter((path) => statSync(join(folder, path)).isFile()).sort()
}

/** What was set aside, without the random end of each name. */
export function setAsideIn(folder: string): string[] {
  return readdirSync(join(folder, 'set-aside')).map((name) => name.replace(/\.[0-9a-f]{16}$/, ''))
}
