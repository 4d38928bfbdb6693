import { processWide } from './process-wide.js'

/** The libraries that OpenTelemetry's instrumentations, too, give trace fields. */
export type CorrelatedLibrary = 'bunyan' | 'pino' | 'winston'

interface Claims {
  readonly claimed: Set<CorrelatedLibrary>
  readonly listeners: Set<(library: CorrelatedLibrary) => void>
}

const claims = processWide('log-correlation', (): Claims => ({ claimed: new Set(), listeners: new Set() }))

/** Says that our adapter gives this library's logs their trace fields: nobody else has to, in this process. */
export function claimLogCorrelation(library: CorrelatedLibrary): void {
  if (claims.claimed.has(library)) return
  claims.claimed.add(library)
  for (const listener of claims.listeners) listener(library)
}

/** Whether an adapter of ours gives this package's logs their trace fields. */
export function isLogCorrelationClaimed(packageName: string): boolean {
  return claims.claimed.has(packageName as CorrelatedLibrary)
}

/** Calls back once, when the library is claimed; at once if it has been. */
export function onLogCorrelationClaimed(library: CorrelatedLibrary, callback: () => void): void {
  if (claims.claimed.has(library)) {
    callback()
    return
  }
  const listener = (claimed: CorrelatedLibrary): void => {
    if (claimed !== library) return
    claims.listeners.delete(listener)
    callback()
  }
  claims.listeners.add(listener)
}
