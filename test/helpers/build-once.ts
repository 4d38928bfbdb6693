import { execFileSync } from 'node:child_process'
import { cleanEnv } from './run-node/clean-env.js'

/** Tests that start processes use the build, as users do; it is made anew before the first test. */
export default function buildOnce(): void {
  // tsup leaves the types out where it finds VITEST.
  const env = cleanEnv()
  execFileSync('npm', ['run', '--silent', 'build'], { env, stdio: ['ignore', 'ignore', 'inherit'] })
}
