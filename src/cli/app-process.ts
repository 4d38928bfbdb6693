import { spawn, type ChildProcess } from 'node:child_process'
import { messageOf } from '../internal/diagnostics/diagnostics.js'

/** How the app's first process ended. */
export interface AppEnd {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  /** Set where it could not be started at all. */
  readonly notStarted?: string
}

export interface RunningApp {
  readonly ended: Promise<AppEnd>
  readonly hasEnded: boolean
  signal(signal: NodeJS.Signals): void
}

/** @param ownsStdout false: what the app writes to stdout goes to stderr */
export function startAppProcess(command: readonly string[], env: NodeJS.ProcessEnv, ownsStdout: boolean): RunningApp {
  const [file = '', ...args] = command
  const child = spawnApp(file, args, { env, stdio: ['inherit', ownsStdout ? 'inherit' : 2, 'inherit'] })
  const app = { hasEnded: false }
  const ended = new Promise<AppEnd>((resolve) => {
    child.once('error', (error) => resolve({ exitCode: null, signal: null, notStarted: messageOf(error) }))
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }))
  }).finally(() => (app.hasEnded = true))
  return {
    ended,
    get hasEnded() {
      return app.hasEnded
    },
    signal: (signal) => void child.kill(signal),
  }
}

type SpawnOptions = Parameters<typeof spawn>[2]

/** npm and npx are scripts for the shell on Windows, which Node.js starts through the shell alone. */
function spawnApp(file: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  if (process.platform !== 'win32' || /\.exe$/i.test(file)) return spawn(file, args, options)
  const quoted = [file, ...args].map((word) => (/[\s&|<>^"]/.test(word) ? `"${word.replaceAll('"', '""')}"` : word))
  return spawn(quoted.join(' '), { ...options, shell: true })
}

/** A signal to this process goes on to the app; a terminal sends Ctrl-C to the app as well. Returns how to stop it. */
export function forwardSignals(
  signals: readonly NodeJS.Signals[],
  app: RunningApp,
  onSignal: (signal: NodeJS.Signals) => void,
): () => void {
  const forward = (signal: NodeJS.Signals): void => {
    onSignal(signal)
    if (signal !== 'SIGINT' || !process.stdin.isTTY) app.signal(signal)
  }
  for (const signal of signals) process.on(signal, forward)
  return () => {
    for (const signal of signals) process.off(signal, forward)
  }
}
