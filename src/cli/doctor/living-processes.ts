import { fateOf } from '../../export/spool/process-identity.js'
import { isOfTheApp } from './aggregate.js'
import type { ProcessReport } from './process-report.js'

/**
 * Processes of the app that have reported and still run. A pid is given away again: one that has become another process
 * is none of them.
 */
export function livingProcesses(reports: readonly ProcessReport[]): readonly number[] {
  const living = reports.filter(isOfTheApp).filter(({ pid, processStart }) => isLiving(pid, processStart))
  return [...new Set(living.map(({ pid }) => pid))]
}

/** Where the start of a process is not known, its pid is all there is. */
function isLiving(pid: number, start: string | undefined): boolean {
  const fate = fateOf({ pid, start })
  return fate === 'alive' || (fate === 'unknown' && start === undefined && send(pid, 0))
}

/** False where there is no such process. */
export function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}
