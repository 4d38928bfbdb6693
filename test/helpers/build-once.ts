import { execFileSync } from 'node:child_process'
import { globSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { cleanEnv } from './run-node/clean-env.js'

const ROOT = join(import.meta.dirname, '..', '..')
const INPUTS = ['src', 'src/**', 'scripts/**', 'tsup.config.ts', 'tsconfig.json', 'package.json']
/** Written last by the build. */
const LAST_OUTPUT = 'dist/page'

/** Tests that start processes use the build, as users do: each project of vitest asks for it, and the first one builds. */
export default function buildOnce(): void {
  if (isUpToDate()) return
  // tsup leaves the types out where it finds VITEST.
  const env = cleanEnv()
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, env, stdio: ['ignore', 'ignore', 'inherit'] })
}

/** Folders are looked at too: they change where a file is deleted. */
function isUpToDate(): boolean {
  const changedAt = (path: string): number => statSync(join(ROOT, path), { throwIfNoEntry: false })?.mtimeMs ?? 0
  const builtAt = changedAt(LAST_OUTPUT)
  return globSync(INPUTS, { cwd: ROOT }).every((path) => changedAt(path) < builtAt)
}
