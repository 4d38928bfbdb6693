import { requireOwn } from '../../../internal/require.js'

/** Where the build has the thread's module; undefined where the app was bundled without it. */
export function threadFile(): string | undefined {
  try {
    return requireOwn.resolve('#delivery-thread')
  } catch {
    return undefined
  }
}
