import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Exact versions by name. */
export const LIST = join(import.meta.dirname, 'versions.json')

/** Where the libraries are installed: one folder for each list of versions, and each checkout that links itself there. */
export function librariesFolder() {
  const { SPANWRIGHT_LIBRARIES, XDG_CACHE_HOME = join(homedir(), '.cache') } = process.env
  const key = createHash('sha256')
    .update(readFileSync(LIST))
    .update(import.meta.dirname)
    .digest('hex')
    .slice(0, 12)
  return SPANWRIGHT_LIBRARIES ?? join(XDG_CACHE_HOME, 'spanwright-libraries', key)
}
