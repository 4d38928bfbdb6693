import type { FindingLevel, FindingLimit, FindingLimits } from '../model/finding.js'
import { parseDurationMicros } from '../query/durations.js'
import { distanceBetween } from '../query/suggest.js'
import type { FindingReport } from './report.js'

/** What `--fail-on` names. */
export interface FailOn {
  readonly ids: ReadonlySet<string>
  /** Findings of this level and above. */
  readonly level: FindingLevel | undefined
}

export const FINDING_IDS = [
  'error',
  'swallowed',
  'n+1',
  'fan-out',
  'n+1-write',
  'n+1-http',
  'duplicate',
  'sequential',
  'slow-query',
  'slow-call',
  'slow-part',
  'pool-wait',
  'connect',
  'retries',
  'chatty',
  'payload',
  'cold-start',
  'orphan',
  'unended',
  'dropped',
  'many-alike',
  'blocked-loop',
  'cache-miss',
  'unusual',
] as const

/** Found by how long something took, which no two runs agree on: in CI they count where they are named, never by level. */
const TIMED_IDS: ReadonlySet<string> = new Set([
  'sequential',
  'slow-query',
  'slow-call',
  'pool-wait',
  'connect',
  'slow-part',
  'blocked-loop',
  'cold-start',
  'unusual',
])

/** Repeats are a warning from so many on, or where they took long; by level only the first of the two counts. */
const WARNING_COUNT = 10
const COUNTED_IDS: ReadonlySet<string> = new Set(['n+1', 'fan-out', 'n+1-write', 'n+1-http', 'chatty'])

const LEVELS: readonly FindingLevel[] = ['info', 'warning', 'error']

/**
 * `n+1,error,slow-query` or `warning`. An id counts at any level; `error` is both an id and a level.
 *
 * @throws Error with one sentence for a name that is neither
 */
export function parseFailOn(text: string): FailOn {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  if (names.length === 0) throw new Error('--fail-on takes ids of findings, or a level: n+1,error or warning')
  for (const name of names) if (!isId(name) && !isLevel(name)) throw new Error(unknown('--fail-on', name))
  const levels = LEVELS.filter((level) => names.includes(level))
  return { ids: new Set(names), level: levels[0] }
}

/**
 * `n+1.count=10`, `slow-query.duration=200ms`; several with commas between.
 *
 * @throws Error with one sentence for anything else
 */
export function parseLimits(texts: readonly string[]): FindingLimits {
  const limits = new Map<string, FindingLimit>()
  for (const part of texts.flatMap((text) => text.split(','))) {
    const [, id = '', field = '', value = ''] = /^\s*([^\s.=]+)\.(\w+)=(\S+)\s*$/.exec(part) ?? []
    if (id === '') throw new Error(`--limit takes id.count=10 or id.duration=200ms, not "${part}"`)
    if (!isId(id)) throw new Error(unknown('--limit', id))
    limits.set(id, { ...limits.get(id), ...limitOf(field, value) })
  }
  return limits
}

function limitOf(field: string, value: string): FindingLimit {
  if (field === 'count') {
    if (!/^[1-9]\d*$/.test(value)) throw new Error(`--limit: a count is a whole number from 1, not "${value}"`)
    return { count: Number(value) }
  }
  const micros = parseDurationMicros(value)
  if (field !== 'duration') throw new Error(`--limit: there are count and duration, not "${field}"`)
  if (micros === undefined) throw new Error(`--limit: a duration has a unit, such as 200ms, unlike "${value}"`)
  return { durationMillis: micros / 1_000 }
}

function isId(name: string): boolean {
  return (FINDING_IDS as readonly string[]).includes(name)
}

function isLevel(name: string): boolean {
  return (LEVELS as readonly string[]).includes(name)
}

function unknown(option: string, name: string): string {
  const nearest = [...FINDING_IDS, ...LEVELS].toSorted((a, b) => distanceBetween(name, a) - distanceBetween(name, b))[0]
  return `${option}: there is no finding "${name}"; did you mean ${nearest}? All: ${FINDING_IDS.join(', ')}`
}

type Judged = Pick<FindingReport, 'id' | 'level' | 'count' | 'durationMillis' | 'isKnown'>

/** Whether a finding is above the limit that the user has set for its kind. A lower one than the default is the detector's business. */
export function isWithinLimits({ id, count, durationMillis }: Omit<Judged, 'level'>, limits: FindingLimits): boolean {
  const limit = limits.get(id)
  return count >= (limit?.count ?? 0) && durationMillis >= (limit?.durationMillis ?? 0)
}

/** Whether a finding makes the command fail. Known ones do not. */
export function failsOn(finding: Judged, failOn: FailOn, limits: FindingLimits): boolean {
  if (finding.isKnown === true) return false
  if (failOn.ids.has(finding.id)) return true
  return failOn.level !== undefined && LEVELS.indexOf(levelInCi(finding, limits)) >= LEVELS.indexOf(failOn.level)
}

/** The level without what depends on how fast the machine was, unless a limit asks for durations. */
function levelInCi({ id, level, count }: Judged, limits: FindingLimits): FindingLevel {
  if (limits.get(id)?.durationMillis !== undefined) return level
  if (TIMED_IDS.has(id)) return 'info'
  if (!COUNTED_IDS.has(id)) return level
  // Who sets a limit wants to hear of what is above it.
  const limit = limits.get(id)?.count
  if (count < (limit ?? WARNING_COUNT)) return 'info'
  return limit === undefined || level === 'error' ? level : 'warning'
}
