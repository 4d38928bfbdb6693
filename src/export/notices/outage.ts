import { attemptsInWords, durationInWords, itemsInWords, reasonInWords, type ItemNames } from './notice-text.js'

/** A time in which attempts fail: from the first failure to the next success. */
export interface Outage {
  readonly sinceMillis: number
  endpoint: string
  /** The newest; while a new one waits to be logged, that one. */
  reason: string
  /** When the reason came up, while it still has to be logged. */
  reasonSinceMillis: number | undefined
  wasLogged: boolean
  attempts: number
  dropped: number
  droppedUnlogged: number
  sentAgain: number
}

export function newOutage(sinceMillis: number, endpoint: string, reason: string): Outage {
  const counts = { attempts: 0, dropped: 0, droppedUnlogged: 0, sentAgain: 0 }
  return { sinceMillis, endpoint, reason, reasonSinceMillis: undefined, wasLogged: false, ...counts }
}

export function beginningInWords({ endpoint, reason }: Outage, signal: ItemNames, hint: string): string {
  return `sending ${signal.items} to ${endpoint} fails: ${reasonInWords(reason)}. ${hint}`
}

export function courseInWords(
  outage: Outage,
  signal: ItemNames,
  nowMillis: number,
  waitingSpans: number,
  hint: string,
): string {
  const { attempts, dropped, endpoint, reason, sinceMillis } = outage
  const cost = `${attemptsInWords(attempts)}, ${itemsInWords(waitingSpans, signal)} waiting, ${dropped} dropped`
  const past = durationInWords(nowMillis - sinceMillis)
  return `sending ${signal.items} to ${endpoint} has failed for ${past} (${cost}): ${reasonInWords(reason)}. ${hint}`
}

export function endInWords(outage: Outage, signal: ItemNames, nowMillis: number): string {
  const { attempts, dropped, endpoint, reason, sentAgain, sinceMillis } = outage
  const past = `${durationInWords(nowMillis - sinceMillis)} (${attemptsInWords(attempts)}: ${reasonInWords(reason)})`
  const cost = `${itemsInWords(dropped, signal)} dropped, ${sentAgain} sent again because their acknowledgement was lost`
  return `sending ${signal.items} to ${endpoint} works again after ${past}: ${cost}`
}
