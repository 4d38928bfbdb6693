import type { SignalNames } from '../pipeline/signal.js'

/** When lines are due. */
export const PACE = {
  /** Well within a second, and long enough for drops to be counted, or for a process that leaves to say it all in one line. */
  soonMillis: 200,
  otherReasonMillis: 1_000,
  repeatMillis: 60_000,
} as const

const LONGEST_REASON = 300
/** How much of a reason is looked at: an exporter may hand on a whole page. */
const LONGEST_READ = 2_048
// eslint-disable-next-line no-control-regex -- A server's words must not steer the operator's terminal.
const SPACES_AND_CONTROLS = /[\s\u0000-\u001f\u007f-\u009f]+/g

/** The words of a server or an exporter, fit for a line of ours: a proxy may answer with a whole page. */
export function reasonInWords(reason: string): string {
  const text = reason.slice(0, LONGEST_READ).replace(SPACES_AND_CONTROLS, ' ').trim().replace(/\.$/, '')
  if (text === '') return 'no reason given'
  return text.length > LONGEST_REASON ? `${text.slice(0, LONGEST_REASON)}…` : text
}

export type ItemNames = Pick<SignalNames, 'item' | 'items'>

export function itemsInWords(count: number, { item, items }: ItemNames, more = ''): string {
  return `${count} ${more}${count === 1 ? item : items}`
}

export function attemptsInWords(count: number): string {
  return `${count} failed ${count === 1 ? 'attempt' : 'attempts'}`
}

export function durationInWords(millis: number): string {
  const seconds = millis / 1_000
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  return seconds < 120 ? `${seconds.toFixed(0)} s` : `${(seconds / 60).toFixed(0)} min`
}
