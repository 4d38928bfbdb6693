import { lstatSync, readdirSync, type Dirent } from 'node:fs'
import { join } from 'node:path'
import { attempt } from '../../internal/checks/attempt.js'
import { isClaimName, isEntryName, isOldClaimName, SET_ASIDE } from './names.js'
import { isTrustedFolder } from './trust.js'

/** What is in the folder; nothing where it can't be read. */
export function list(folder: string): readonly Dirent[] {
  return attempt(() => readdirSync(folder, { withFileTypes: true }), [])
}

/** The names of the claims in a folder: that of the spool, or a claim that has taken others. */
export function claimsIn(folder: string): readonly string[] {
  return foldersIn(folder, isClaimName)
}

/** The names of the claims that are not in the form of this version. */
export function oldClaimsIn(folder: string): readonly string[] {
  return foldersIn(folder, isOldClaimName)
}

/** The bytes of all entries of a spool, whosever they are, and of what was set aside. */
export function usedBytes(folder: string): number {
  if (!isTrustedFolder(folder)) return 0
  const claims = [...claimsIn(folder), ...oldClaimsIn(folder)]
  return claims.reduce((sum, claim) => sum + contentOf(join(folder, claim)).bytes, setAsideBytes(folder))
}

export function setAsideBytes(folder: string): number {
  const path = join(folder, SET_ASIDE)
  if (!isTrustedFolder(path)) return 0
  return list(path).reduce((sum, { name }) => sum + bytesOf(join(path, name)), 0)
}

/** 0 where there is no such file any more. */
export function bytesOf(path: string): number {
  return attempt(() => lstatSync(path).size, 0)
}

export function isFile(path: string): boolean {
  return attempt(() => lstatSync(path).isFile(), false)
}

/** How many entries a claim has, with those of the claims in it. */
export function contentOf(claimPath: string): { readonly entries: number; readonly bytes: number } {
  const paths = [...entriesIn(claimPath)]
  return { entries: paths.length, bytes: paths.reduce((sum, path) => sum + bytesOf(path), 0) }
}

/** The paths of all entries of a claim, and of the claims in it. */
export function* entriesIn(claimPath: string): Generator<string> {
  for (const item of list(claimPath)) if (item.isFile() && isEntryName(item.name)) yield join(claimPath, item.name)
  for (const name of [...claimsIn(claimPath), ...oldClaimsIn(claimPath)]) yield* entriesIn(join(claimPath, name))
}

function foldersIn(folder: string, isWanted: (name: string) => boolean): readonly string[] {
  return list(folder)
    .filter((item) => item.isDirectory() && isWanted(item.name))
    .map(({ name }) => name)
}
