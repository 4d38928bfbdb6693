/** Where damaged files go, within the spool's folder. */
export const SET_ASIDE = 'set-aside'
/** Within a claim: whose it is. Its time of modification is the lease. */
export const OWNER_FILE = 'owner.json'
/** Within a claim: what the owner file becomes when the owner lets go. */
export const FREE_FILE = 'free'

const CLAIM = /^batches-[\w.]{1,40}-\d+-[0-9a-z]+-[A-Za-z0-9]{6}$/
/** As the version before called them, which did not note for whom its batches are; it leaves the new names alone. */
const OLD_CLAIM = /^spans-[\w.]{1,40}-\d+-[0-9a-z]+-[A-Za-z0-9]{6}$/
const ENTRY = /^\d{15}-\d{9}-[A-Za-z0-9]{6}\.batch$/
const TEMPORARY_SUFFIX = '.tmp'

/** A claim is the folder of one process below the spool's folder. Six random characters complete its name. */
export function claimPrefix(host: string, pid: number, epochMillis: number): string {
  // Dots and letters only: a host may call itself anything, and Windows takes few characters.
  const safeHost = host.replace(/[^\w.]/g, '_').slice(0, 40) || '_'
  return `batches-${safeHost}-${pid}-${Math.floor(epochMillis).toString(36)}-`
}

export function isClaimName(name: string): boolean {
  return CLAIM.test(name)
}

export function isOldClaimName(name: string): boolean {
  return OLD_CLAIM.test(name)
}

/** The random characters at the end of a claim's name or path. */
export function tokenOf(claim: string): string {
  return claim.slice(-6)
}

/** Names order by time, then by number; the token distinguishes what two processes wrote at the same moment. */
export function entryName(epochMillis: number, number: number, token: string): string {
  return `${String(Math.floor(epochMillis)).padStart(15, '0')}-${String(number).padStart(9, '0')}-${token}.batch`
}

export function isEntryName(name: string): boolean {
  return ENTRY.test(name)
}

export function temporaryName(name: string): string {
  return name + TEMPORARY_SUFFIX
}

export function isTemporaryName(name: string): boolean {
  return name.endsWith(TEMPORARY_SUFFIX)
}
