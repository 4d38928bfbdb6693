import { warnOnce } from '../../internal/diagnostics/diagnostics.js'
import { readEnvList, withoutEnv } from '../../internal/runtime/env.js'
import type { SignalNames } from '../pipeline/signal.js'

/** A token of HTTP, maybe percent-encoded. */
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i

/**
 * Runs fn with what can be used of the OTEL_EXPORTER_OTLP_*HEADERS. OpenTelemetry passes over an entry without `=` silently,
 * and fails with each request for a name that is none. Logged once, without the entry: it may be a part of a secret.
 */
export function withUsableHeaders<T>(signal: SignalNames['variable'], fn: () => T): T {
  const standIns: Record<string, string> = {}
  for (const variable of ['OTEL_EXPORTER_OTLP_HEADERS', `OTEL_EXPORTER_OTLP_${signal}_HEADERS`]) {
    const entries = readEnvList(variable) ?? []
    const usable = entries.filter(isUsable)
    if (usable.length === entries.length) continue
    const places = entries.flatMap((entry, index) => (isUsable(entry) ? [] : index + 1)).join(' and ')
    warnOnce(
      variable,
      `${variable}: entry ${places} of ${entries.length} is not name=value (with = and no colon, values ` +
        'percent-encoded) and is left out',
    )
    standIns[variable] = usable.join(',')
  }
  return Object.keys(standIns).length === 0 ? fn() : withoutEnv(NOTHING, fn, standIns)
}

const NOTHING = /^$/

function isUsable(entry: string): boolean {
  return NAME.test(entry.slice(0, Math.max(0, entry.indexOf('='))).trim())
}
