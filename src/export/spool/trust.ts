import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, type Stats } from 'node:fs'
import { attempt } from '../../internal/checks/attempt.js'

// The folder may lie where others write too, as /tmp does. Nothing is followed, nothing is waited for, and what others could have
// made or changed is not used.

const OTHERS_MAY_WRITE = 0o022

/** Why this process must not use the folder, in words; undefined where it may, or where there is none. */
export function folderProblem(path: string): string | undefined {
  const stats = attempt(() => lstatSync(path), undefined)
  if (!stats) return undefined
  if (stats.isSymbolicLink()) return 'it is a symbolic link'
  return stats.isDirectory() ? problemWith(stats) : undefined
}

/** Whether it is a folder that this user alone can write to. */
export function isTrustedFolder(path: string): boolean {
  const stats = attempt(() => lstatSync(path), undefined)
  return stats !== undefined && stats.isDirectory() && problemWith(stats) === undefined
}

/** All bytes of a plain file of this user. @throws where it is none, where it is larger, or where it can't be read now */
export function readOwnFile(path: string, maxBytes: number): Buffer {
  return withOwnFile(path, (file, size) => {
    if (size > maxBytes) throw new NotOurs(`it has ${size} bytes`)
    return readStart(file, size)
  })
}

/** As many bytes, or all where there are fewer. @throws as readOwnFile */
export function readStartOfOwnFile(path: string, bytes: number): Buffer {
  return withOwnFile(path, (file, size) => readStart(file, Math.min(size, bytes)))
}

/** What is wrong with the file itself: to try again later would be no help. */
export class NotOurs extends Error {}

/** Undefined on Windows, where links need a privilege, and where nothing blocks. */
const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants as Partial<typeof constants> & { O_RDONLY: number }

function withOwnFile<T>(path: string, read: (file: number, size: number) => T): T {
  // Before it is opened, too: to open a device may have an effect. And after, since it may have been exchanged between.
  checkFile(lstatSync(path))
  const file = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  try {
    const stats = fstatSync(file)
    checkFile(stats)
    return read(file, stats.size)
  } finally {
    closeSync(file)
  }
}

function readStart(file: number, bytes: number): Buffer {
  // Not from Node's pool: its memory is transferred.
  const buffer = Buffer.from(new ArrayBuffer(bytes))
  let length = 0
  while (length < bytes) {
    const more = readSync(file, buffer, length, bytes - length, length)
    if (more === 0) break
    length += more
  }
  return buffer.subarray(0, length)
}

function checkFile(stats: Stats): void {
  const problem = stats.isFile() ? problemWith(stats) : 'it is no plain file'
  if (problem !== undefined) throw new NotOurs(problem)
}

function problemWith({ uid, mode }: Stats): string | undefined {
  // Windows has neither.
  const me = process.geteuid?.()
  if (me === undefined) return undefined
  if (uid !== me) return `it belongs to another user (${uid})`
  return (mode & OTHERS_MAY_WRITE) === 0 ? undefined : `others can write to it (mode ${(mode & 0o777).toString(8)})`
}
