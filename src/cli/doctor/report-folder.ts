import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newKey, decrypt } from './encrypt.js'
import type { ProcessReport } from './process-report.js'

/** Where the processes of the app report. Only the user who runs the doctor may look into it. */
export interface ReportFolder {
  readonly path: string
  readonly key: string
  /** What has been reported up to now, in the order in which the processes started. */
  read(): readonly ProcessReport[]
  remove(): void
}

export function newReportFolder(): ReportFolder {
  const path = mkdtempSync(join(tmpdir(), 'spanwright-doctor-'))
  const key = newKey()
  return {
    path,
    key,
    read: () =>
      readdirSync(path)
        .filter((name) => name.endsWith('.report'))
        .map((name) => JSON.parse(decrypt(readFileSync(join(path, name)), key)) as ProcessReport)
        .sort((a, b) => a.startedEpochMillis - b.startedEpochMillis || a.pid - b.pid || a.thread - b.thread),
    remove: () => rmSync(path, { recursive: true, force: true }),
  }
}
