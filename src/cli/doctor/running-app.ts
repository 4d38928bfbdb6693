import { pathToFileURL } from 'node:url'
import { envWith, readEnv } from '../../internal/runtime/env.js'
import { requireOwn } from '../../internal/runtime/own-package.js'
import { startAppProcess, type RunningApp } from '../app-process.js'
import { instructionsAsVariables, type Instructions } from './instructions.js'

/**
 * Starts the command, with what looks at its Node.js processes in NODE_OPTIONS.
 *
 * @param ownsStdout false: what the app writes to stdout goes to stderr
 */
export function startApp(command: readonly string[], instructions: Instructions, ownsStdout: boolean): RunningApp {
  const env = envWith({ ...instructionsAsVariables(instructions), NODE_OPTIONS: nodeOptions() })
  return startAppProcess(command, env, ownsStdout)
}

/** Before what is there: it has to see whether the app is started with a flag. A URL has neither spaces nor quotes. */
function nodeOptions(): string {
  const preload = pathToFileURL(requireOwn.resolve('./doctor-preload.cjs')).href
  return [`--import=${preload}`, readEnv('NODE_OPTIONS') ?? ''].join(' ').trim()
}
