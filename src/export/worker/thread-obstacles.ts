import { closeSync, openSync, readFileSync, realpathSync } from 'node:fs'

/** What a thread needs to start, to read its file and to connect. */
const HANDLES = 12
/** V8 reserves up to 850 MB for a thread; where it can't, it ends the process. The app has to grow in what is left. */
const ADDRESS_SPACE_BYTES = 1_536 * 1_024 * 1_024

/**
 * Why a thread would die as it starts, or would end the whole process; undefined where nothing is in its way.
 *
 * @param file that can be read
 */
export function threadObstacle(file: string): string | undefined {
  if (isWorkingDirectoryGone()) return 'the working directory was deleted'
  if (!hasHandles(file)) return 'no file handles are left'
  if (!hasAddressSpace()) return 'too little address space is left under its limit (ulimit -v)'
  return undefined
}

function isWorkingDirectoryGone(): boolean {
  try {
    // `process.cwd()` may remember it.
    realpathSync.native('.')
    return false
  } catch (error) {
    return codeOf(error) === 'ENOENT'
  }
}

function hasHandles(file: string): boolean {
  const open: number[] = []
  try {
    while (open.length < HANDLES) open.push(openSync(file, 'r'))
    return true
  } catch (error) {
    return codeOf(error) !== 'EMFILE' && codeOf(error) !== 'ENFILE'
  } finally {
    for (const handle of open) closeSync(handle)
  }
}

/** Linux says so; elsewhere no such limit is in use. */
function hasAddressSpace(): boolean {
  if (process.platform !== 'linux') return true
  try {
    const most = /^Max address space\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))
    const used = /^VmSize:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'latin1'))
    return !most || !used || Number(most[1]) - Number(used[1]) * 1_024 >= ADDRESS_SPACE_BYTES
  } catch {
    return true
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}
