import { lstatSync, readdirSync, type Dirent } from 'node:fs'
import { join } from 'node:path'
import { attempt } from './file-errors.js'
import { isClaimName, isEntryName, SET_ASIDE } from './names.js'

/** What is in the folder; nothing where it can't be read. */
export function list(folder: string): readonly Dirent[] {
  return attempt(() => readdirSync(folder, { withFileTypes: true }), [])
}

/** The names of the claims in a folder: that of the spool, or a claim that has taken others. */
export function claimsIn(folder: string): readonly string[] {
  return list(folder)
    .filter((item) => item.isDirectory() && isClaimName(item.name))
    .map(({ name }) => name)
}

/** The bytes of all entries of a spool, whosever they are, and of what was set aside. */
export function usedBytes(folder: string): number {
  return claimsIn(folder).reduce((sum, claim) => sum + bytesIn(join(folder, claim)), setAsideBytes(folder))
}

export function setAsideBytes(folder: string): number {
  const path = join(folder, SET_ASIDE)
  return list(path).reduce((sum, { name }) => sum + bytesOf(join(path, name)), 0)
}

/** 0 where there is no such file any more. */
export function bytesOf(path: string): number {
  return attempt(() => lstatSync(path).size, 0)
}

function bytesIn(claimPath: string): number {
  const nested = claimsIn(claimPath).reduce((sum, claim) => sum + bytesIn(join(claimPath, claim)), 0)
  const entries = list(claimPath).filter((item) => item.isFile() && isEntryName(item.name))
  return entries.reduce((sum, { name }) => sum + bytesOf(join(claimPath, name)), nested)
}
