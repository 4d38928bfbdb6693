import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { attempt } from '../../internal/checks/attempt.js'
import { errorCodeOf } from './files.js'

/** Distinguishes a process from all others, also from a later one with the same pid. */
export interface ProcessIdentity {
  readonly host: string
  /** Two processes of the same place see each other's pids: one host, one boot and, on Linux, one pid namespace. */
  readonly place: string
  readonly pid: number
  /** Clock ticks from boot to the start of the process; undefined on other systems than Linux. */
  readonly start: string | undefined
}

export function thisProcess(): ProcessIdentity {
  const host = attempt(() => hostname(), '')
  const boot = attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(), '')
  const pids = attempt(() => readlinkSync('/proc/self/ns/pid'), '')
  return { host, place: `${host} ${boot} ${pids}`, pid: process.pid, start: readStat('self')?.start }
}

/** What has become of a process of this place. `unknown`: something has its pid, and it is not known whether it is the same. */
export function fateOf({ pid, start }: Pick<ProcessIdentity, 'pid' | 'start'>): 'ended' | 'alive' | 'unknown' {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM is the answer of a living process of another user.
    if (errorCodeOf(error) === 'ESRCH') return 'ended'
  }
  const stat = readStat(pid)
  if (stat === undefined || start === undefined) return 'unknown'
  // Killed, but its parent has not asked yet how it ended; in a container without an init it stays so for ever.
  const isZombie = stat.state === 'Z' || stat.state === 'X'
  return isZombie || stat.start !== start ? 'ended' : 'alive'
}

function readStat(pid: number | 'self'): { state: string | undefined; start: string | undefined } | undefined {
  return attempt(() => {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The second field is the name in parentheses, which may hold blanks and parentheses: count from behind it.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0], start: fields[19] }
  }, undefined)
}
