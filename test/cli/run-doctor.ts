import { join } from 'node:path'
import type { Diagnosis } from '../../src/cli/doctor/findings.js'
import { runNode, type NodeResult, type RunNodeOptions } from '../helpers/run-node.js'
import { fixture, REPOSITORY } from '../helpers/traced-app.js'

export const CLI: string = join(REPOSITORY, 'dist/cli.cjs')

export const app = (name: string): string => fixture(`doctor/${name}`)

export interface DoctorRun extends NodeResult {
  readonly diagnosis: Diagnosis
}

/** The command line in words, with `--json`. */
export async function runDoctor(args: readonly string[], options: Partial<RunNodeOptions> = {}): Promise<DoctorRun> {
  const result = await runDoctorInWords(['--json', ...args], options)
  return { ...result, diagnosis: JSON.parse(result.stdout) as Diagnosis }
}

export function runDoctorInWords(args: readonly string[], options: Partial<RunNodeOptions> = {}): Promise<NodeResult> {
  return runNode({ cwd: REPOSITORY, timeoutMillis: 25_000, ...options, args: [CLI, 'doctor', ...args] })
}

/** The setting of this name, as `value ← source`. */
export function settingOf({ settings }: Diagnosis, name: string): string | undefined {
  const found = settings.find((setting) => setting.name === name)
  return found && `${found.value} ← ${found.source}`
}
