import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Node.js before 22.15 that this machine has: in the folders of SPANWRIGHT_OLD_NODES, and of PATH. By version. */
export function oldNodes(): Map<string, string> {
  const { SPANWRIGHT_OLD_NODES = '', PATH = '' } = process.env
  const folders = `${SPANWRIGHT_OLD_NODES}${delimiter}${PATH}`.split(delimiter).filter((folder) => folder !== '')
  const found = new Map<string, string>()
  for (const folder of folders) {
    const node = join(folder, 'node')
    const version = versionOf(node)
    if (version !== undefined && isOld(version) && !found.has(version)) found.set(version, node)
  }
  return found
}

function versionOf(node: string): string | undefined {
  try {
    accessSync(node, constants.X_OK)
    return execFileSync(node, ['--version'], { encoding: 'utf8', env: {} }).trim()
  } catch {
    return undefined
  }
}

function isOld(version: string): boolean {
  const [, major = 0, minor = 0] = (/^v(\d+)\.(\d+)/.exec(version) ?? []).map(Number)
  return major >= 18 && (major < 22 || (major === 22 && minor < 15))
}
