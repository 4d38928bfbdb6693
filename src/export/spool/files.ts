import { attempt } from '../../internal/checks/attempt.js'
import { whileHeld } from '../../internal/runtime/held-files.js'
import { mkdirSync, renameSync, rmdirSync, statSync, unlinkSync } from 'node:fs'
import { dirname } from 'node:path'

/** `ENOSPC`, `EACCES` and the like; of what is no system error, its name. */
export function errorCodeOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown }
  return String(code ?? name)
}

/**
 * Makes what is missing of the path, for this user only. Throws where it can't. Not `mkdir` with `recursive`: Node's never
 * returns where a folder that exists answers ENOENT, as /proc does.
 */
export function makeFolder(path: string): void {
  if (isFolder(path)) return
  const parent = dirname(path)
  if (parent !== path) makeFolder(parent)
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    // Another process may have been faster.
    if (!isFolder(path)) throw error
  }
}

/** @throws where it can't */
export function move(from: string, to: string): void {
  whileHeld(() => renameSync(from, to))
}

/** @throws where it can't */
export function removeFile(path: string): void {
  whileHeld(() => unlinkSync(path))
}

/** @throws where it can't, or where something is in it */
export function removeFolder(path: string): void {
  whileHeld(() => rmdirSync(path))
}

function isFolder(path: string): boolean {
  return attempt(() => statSync(path).isDirectory(), false)
}
