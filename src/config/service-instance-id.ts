import { processWide } from '../internal/runtime/process-wide.js'

const state = processWide('service-instance-id', (): { id?: string } => ({}))

/**
 * One for each process, also over several starts: without it, the metrics of two processes of a service would overwrite each
 * other. Semantic conventions: a random UUID, version 4.
 */
export function serviceInstanceId(): string {
  // eslint-disable-next-line no-restricted-properties -- It names a process, and decides nothing.
  return (state.id ??= uuid(() => Math.random()))
}

/**
 * Without node:crypto, which takes a start 2 to 10 ms. With the process id and the time, processes that were given the same
 * seed (`--random-seed`, a snapshot) differ, too.
 */
function uuid(random: () => number): string {
  const own = BigInt(process.pid) * process.hrtime.bigint()
  const part = (shift: bigint): number => ((random() * 2 ** 32) ^ Number((own >> shift) & 0xffff_ffffn)) >>> 0
  const [a, b, c, d] = [part(0n), part(16n), part(8n), part(24n)]
  const hex = [a, (b & 0xffff_0fff) | 0x4000, (c & 0x3fff_ffff) | 0x8000_0000, d]
    .map((word) => (word >>> 0).toString(16).padStart(8, '0'))
    .join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
