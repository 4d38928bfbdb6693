import { ToolError } from './server.js'

/** What an answer may cost an agent's context. */
const MOST_BYTES = 4_000

/** As many lines from the cursor on as an answer may have, and how to get the rest. */
export function page(lines: readonly string[], cursor: unknown): string {
  const start = startOf(cursor, lines.length)
  const shown: string[] = []
  let bytes = 0
  for (const line of lines.slice(start)) {
    bytes += Buffer.byteLength(line) + 1
    if (bytes > MOST_BYTES && shown.length > 0) break
    shown.push(bytes > MOST_BYTES ? `${line.slice(0, MOST_BYTES)}…` : line)
  }
  const next = start + shown.length
  if (next < lines.length) shown.push(`… ${lines.length - next} more lines: call again with cursor "${next}"`)
  return shown.join('\n')
}

function startOf(cursor: unknown, length: number): number {
  if (cursor === undefined || cursor === null || cursor === '') return 0
  const start = typeof cursor === 'string' || typeof cursor === 'number' ? Number(cursor) : NaN
  if (!Number.isInteger(start) || start < 0 || start > length) {
    throw new ToolError('cursor: give the one of the last answer, or leave it out')
  }
  return start
}
