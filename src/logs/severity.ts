/** The severities that become events on a span, by OpenTelemetry's short names. */
export type EventSeverity = 'WARN' | 'ERROR' | 'FATAL'

/** Names of pino, bunyan, winston (npm and syslog levels), log4js and the console. */
const BY_NAME: ReadonlyMap<string, EventSeverity> = new Map([
  ['warn', 'WARN'],
  ['warning', 'WARN'],
  ['error', 'ERROR'],
  ['crit', 'FATAL'],
  ['alert', 'FATAL'],
  ['emerg', 'FATAL'],
  ['fatal', 'FATAL'],
])

/** Of a level's name, or of a number as pino and bunyan have it; undefined for what is less than a warning. */
export function severityOf(level: unknown): EventSeverity | undefined {
  if (typeof level === 'string') return BY_NAME.get(level.toLowerCase())
  if (typeof level !== 'number' || level < 40) return undefined
  if (level < 50) return 'WARN'
  return level < 60 ? 'ERROR' : 'FATAL'
}
