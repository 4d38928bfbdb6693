import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const APPS = join(import.meta.dirname, 'apps')

/** Starts an app under a peer, of this folder or of the peer's own. What it prints is kept for the case that something goes wrong. */
export function launch({ cwd, env, apps = APPS }, app, args = []) {
  const child = fork(join(apps, app), args.map(String), {
    cwd,
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    silent: true,
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += chunk))
  const ended = once(child, 'close').then(([exitCode, signal]) => ({ status: signal ?? exitCode, printed }))
  /** The next one; rejects where the app ends instead. */
  const message = async () => {
    const dead = ended.then(({ status }) => {
      throw new Error(`${app} ${args.join(' ')} ended with ${status}:\n${printed}`)
    })
    return (await Promise.race([once(child, 'message'), dead]))[0]
  }
  return { child, ended, message }
}

/** Runs an app that sends one message, its result, and ends. */
export async function resultOf(peer, app, args) {
  const { message, ended } = launch(peer, app, args)
  const result = await message()
  await ended
  return result
}

/** One round: each peer once, in an order that alternates, so that nobody always runs after the same one. */
export function inTurn(names, round) {
  return round % 2 === 0 ? names : names.toReversed()
}
