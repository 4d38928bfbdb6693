import { execFileSync } from 'node:child_process'

/** Tests that start processes use the build, as users do; it is made anew before the first test. */
export default function buildOnce(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: ['ignore', 'ignore', 'inherit'] })
}
