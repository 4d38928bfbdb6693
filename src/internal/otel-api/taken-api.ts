import { context, diag, logs, metrics, propagation, trace } from '@opentelemetry/api'
import { apiGlobals, type ApiPart, ONE_COPY, ownApi } from './api-version.js'
import { warnOnce } from '../diagnostics/diagnostics.js'
import { findings } from '../diagnostics/findings.js'
import { processWide } from '../runtime/process-wide.js'
import { nameOf } from './refused-registrations.js'

/**
 * Whether the API's globals were made by a copy of another version: then it refuses, in silence, whatever ours registers.
 * That is logged once.
 */
export function isApiOfOtherVersion(): boolean {
  const globals = apiGlobals()
  if (globals?.version === undefined) return false
  const own = ownApi()
  if (own === undefined || own.version === globals.version) return false
  findings.strandedApis.push(own)
  const { version, folder } = own
  warnOnce(
    'api version',
    `the app is not traced: the OpenTelemetry API was first used in version ${globals.version}, ` +
      `and takes no registrations from the copy that spanwright uses, ${version} in ${folder}. ${ONE_COPY}`,
  )
  return true
}

/** What 1.10 brought: package managers install an older copy all the same, with a warning at most. */
const OLDEST_API = '1.10'

/** Whether the copy that this package uses is older than it needs. That is logged once. */
export function isApiTooOld(): boolean {
  if ((logs as unknown) !== undefined) return false
  const own = ownApi()
  if (own) findings.strandedApis.push(own)
  const found = own ? `${own.version} in ${own.folder}` : 'an older one'
  warnOnce(
    'api too old',
    `the app is not traced: spanwright needs @opentelemetry/api ${OLDEST_API} or newer, and finds ${found}. ` +
      `"npm install @opentelemetry/api@${OLDEST_API}" mends it`,
  )
  return true
}

interface Taken {
  /** What others had registered before the first start, and keep. */
  parts?: readonly ApiPart[]
}

const taken = processWide('taken-api', (): Taken => ({}))

/**
 * Frees the API's globals for what is registered at the start. After a shutdown the API still holds the parts of the stopped SDK, and would
 * refuse new ones. What others have registered stays, which is logged once.
 */
export function releaseApiGlobals(metricsAreOn: boolean, logsAreOn: boolean): void {
  if (taken.parts) {
    releaseApi()
    return
  }
  const globals = apiGlobals()
  const parts: ApiPart[] = ['context', 'propagation']
  if (metricsAreOn) parts.push('metrics')
  if (logsAreOn) parts.push('logs')
  taken.parts = parts.filter((part) => globals?.[part])
  if (taken.parts.length === 0) return
  const names = taken.parts.map((part) => `${nameOf(part)} (${globals?.[part]?.constructor.name})`)
  const text =
    `registered before tracing started, and left in place: ${names.join(', ')}. spanwright's own is not used, nor are ` +
    'options and variables for it. Remove that registration, or start tracing before it'
  // Any context manager does; there are no options for it.
  if (taken.parts.every((part) => part === 'context')) diag.info(`spanwright: ${text}`)
  else warnOnce('taken parts', text)
}

/** Takes from the API what was registered since the first start. */
export function releaseApi(): void {
  const parts = { trace, context, propagation, metrics, logs }
  for (const part of Object.keys(parts) as (keyof typeof parts)[])
    if (!taken.parts?.includes(part)) parts[part].disable()
}
