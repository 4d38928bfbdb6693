import { processWide } from './process-wide.js'
import { requireOwn } from './own-package.js'

const state = processWide('unsupported-runtime', () => ({ isLogged: false }))

/**
 * Whether this runtime has what tracing stands on: `module.registerHooks`, of Node.js 22.15 and 23.5, is the newest of it.
 * Without it nothing starts. All else that apps call (`withSpan`, a middleware, a sampler) works down to Node.js 18.
 * Runtimes that imitate Node.js are another matter: under Deno, which has these hooks, the delivery thread can't end.
 */
export function isSupportedRuntime(): boolean {
  const { bun, deno } = process.versions
  return bun === undefined && deno === undefined && 'registerHooks' in requireOwn('node:module')
}

/** Logs one line, once a process, whichever door is used. Threads, which inherit the flag, have nothing to add. */
export function logUnsupportedRuntime(): void {
  if (state.isLogged || !workerThreads().isMainThread) return
  state.isLogged = true
  process.stderr.write(`spanwright needs Node.js 22.15 or newer, this is ${runtime()}; the app is not traced\n`)
}

function runtime(): string {
  const { bun, deno } = process.versions
  if (bun !== undefined) return `Bun ${bun}`
  return deno === undefined ? process.version : `Deno ${deno}`
}

/**
 * Whether Node.js has loaded one of its own modules, for the app or for itself. Not documented, but there since long; where
 * it is not, the answer is yes.
 */
export function isBuiltInLoaded(name: string): boolean {
  const { moduleLoadList } = process as unknown as { readonly moduleLoadList?: readonly string[] }
  return moduleLoadList === undefined || moduleLoadList.includes(`NativeModule ${name}`)
}

/**
 * Whether this is Node.js's own thread for loader hooks, which preloads what `--require` names, too: nothing of the app runs
 * there. What worker_threads says is asked for in threads only: loading it in the main one takes time and memory.
 */
export function isHooksThread(): boolean {
  return isBuiltInLoaded('internal/worker/io') && workerThreads().isInternalThread
}

/** Required when it is asked for: the register file has no room for names that are read lazily. */
function workerThreads(): typeof import('node:worker_threads') {
  return requireOwn('node:worker_threads') as typeof import('node:worker_threads')
}
