import { spawn, type ChildProcess } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import { envWith, readEnv } from '../../internal/runtime/env.js'
import { messageOf } from '../../internal/diagnostics/diagnostics.js'
import { requireOwn } from '../../internal/runtime/own-package.js'
import { instructionsAsVariables, type Instructions } from './instructions.js'

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

/**
 * Starts the command, with what looks at its Node.js processes in NODE_OPTIONS.
 *
 * @param ownsStdout false: what the app writes to stdout goes to stderr
 */
export function startApp(command: readonly string[], instructions: Instructions, ownsStdout: boolean): RunningApp {
  const [file = '', ...args] = command
  const child = spawnApp(file, args, {
    env: envWith({ ...instructionsAsVariables(instructions), NODE_OPTIONS: nodeOptions() }),
    stdio: ['inherit', ownsStdout ? 'inherit' : 2, 'inherit'],
  })
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

/** Before what is there: it has to see whether the app is started with a flag. A URL has neither spaces nor quotes. */
function nodeOptions(): string {
  const preload = pathToFileURL(requireOwn.resolve('./doctor-preload.cjs')).href
  return [`--import=${preload}`, readEnv('NODE_OPTIONS') ?? ''].join(' ').trim()
}
