import { isInternalThread } from 'node:worker_threads'
import { isBuiltInLoaded } from './loaded-built-ins.js'

/**
 * Whether this is Node.js's own thread for loader hooks, which preloads what `--require` names, too: nothing of the app runs
 * there. What worker_threads says is asked for in threads only: loading it in the main one takes time and memory.
 */
export function isHooksThread(): boolean {
  return isBuiltInLoaded('internal/worker/io') && isInternalThread
}
