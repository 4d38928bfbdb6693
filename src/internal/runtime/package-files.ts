import { requireOwn } from './require.js'

/** The file of the build that Node.js starts a thread with; undefined in a bundle, which holds this code and not the file. */
export function deliveryThreadFile(): string | undefined {
  try {
    return requireOwn.resolve('#delivery-thread')
  } catch {
    return undefined
  }
}

/** Whether this code is part of somebody's bundle, and runs without the files of the package around it. */
export function isBundled(): boolean {
  return deliveryThreadFile() === undefined
}
