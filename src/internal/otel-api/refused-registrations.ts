import { diag } from '@opentelemetry/api'
import { type ApiPart, ONE_COPY } from './api-version.js'
import { findings } from '../diagnostics/findings.js'
import { callerOfOpenTelemetry } from '../runtime/source-locations.js'

type Warn = (key: string, message: string) => void

/** The part, where one was registered already. */
const TAKEN = /^Error: @opentelemetry\/api: Attempted duplicate registration of API: (\w+)/
/** The version of what is registered, the part, and the version of the copy that wanted to register. */
const OTHER_VERSION =
  /^Error: @opentelemetry\/api: Registration of version v(\S+) for (\w+) does not match previously registered API v(\S+)/

/** The parts that were refused since the last warning, by the file that tried to register them. */
const refused = new Map<string, Set<string>>()
let areExpected = false

/**
 * Handles the errors of OpenTelemetry's API at a second registration. It logs one with a stack for each part; this is one
 * warning that names the file that tried it, and the consequence.
 *
 * @returns whether it was such an error
 */
export function explainRefusal(error: string, warn: Warn): boolean {
  const taken = TAKEN.exec(error)?.[1]
  const [, theirs, part, own] = OTHER_VERSION.exec(error) ?? []
  if (taken === undefined && part === undefined) return false
  if (areExpected) return true
  const who = callerOfOpenTelemetry(error) ?? 'something'
  if (taken !== undefined) collect(who, taken, warn)
  else {
    const text = `${who} could not register its ${nameOf(part)}: its ${API} is ${own}, and ${theirs} was first. ${ONE_COPY}`
    if (isOfTool(who, [part])) diag.info(`spanwright: ${text}`)
    else warn(`api version ${who} ${part}`, text)
  }
  return true
}

const API = '@opentelemetry/api'

/** Runs fn, and logs nothing of what is refused to it: a better warning has been logged before. */
export function withoutRefusalWarnings<T>(fn: () => T): T {
  areExpected = true
  try {
    return fn()
  } finally {
    areExpected = false
  }
}

/** An SDK registers all its parts in one go. */
function collect(who: string, part: string, warn: Warn): void {
  const parts = refused.get(who)
  if (parts) {
    parts.add(part)
    return
  }
  refused.set(who, new Set([part]))
  queueMicrotask(() => {
    const all = refused.get(who) ?? new Set()
    refused.delete(who)
    if (all.has('trace')) findings.otherSdks.push(who)
    const text = all.has('trace') ? anotherSdk(who) : refusedParts(who, [...all])
    if (isOfTool(who, [...all])) diag.info(`spanwright: ${text}`)
    else warn(`refused ${who}`, text)
  })
}

/** A package that brings OpenTelemetry for itself works without these parts, and no user of it could leave them out. */
function isOfTool(who: string, parts: readonly (string | undefined)[]): boolean {
  const isSpare = parts.every((part) => part === 'context' || part === 'propagation')
  return isSpare && /[\\/]node_modules[\\/]/.test(who)
}

function anotherSdk(who: string): string {
  return (
    `another OpenTelemetry SDK was started, by ${who}, after spanwright: it is not used. All spans go where spanwright ` +
    "sends them, that SDK's exporters and processors get none. Keep one of the two: remove that start, or spanwright's"
  )
}

function refusedParts(who: string, parts: readonly string[]): string {
  const names = parts.map(nameOf).join(' and ')
  const hint = parts.includes('propagation') ? 'Pass it to startTracing({ propagators: […] })' : 'Remove that'
  return `${who} registered a ${names} after spanwright had: refused, spanwright's stays. ${hint}`
}

const NAMES: Readonly<Record<ApiPart, string>> = {
  trace: 'tracer provider',
  context: 'context manager',
  propagation: 'propagator',
  metrics: 'meter provider',
  logs: 'logger provider',
  diag: 'diagnostic logger',
}

/** What a part of the API is called in a sentence. */
export function nameOf(part: string | undefined): string {
  return part !== undefined && Object.hasOwn(NAMES, part) ? NAMES[part as ApiPart] : String(part)
}
