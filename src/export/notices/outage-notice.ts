import type { Clock } from '../../internal/runtime/clock.js'
import { PACE, type ItemNames, attemptsInWords, durationInWords, itemsInWords, reasonInWords } from './notice-text.js'

interface OutageNoticeParts {
  readonly signal: ItemNames
  readonly warn: (message: string) => void
  readonly hintFor: (reason: string, endpoint: string) => string
  readonly waitingSpans: () => number
  readonly clock: Clock
}

/** A backend whose words are never the same twice would otherwise be logged every second. */
const MOST_REASONS = 5

/**
 * Logs failing attempts. A reason is logged when it first comes up; then, while the outage lasts, there is one line a
 * minute with what it costs; then one when it is over. A further reason waits until a second after the line before, and
 * after five of them only the line of each minute names the newest. Of a backend that comes and goes, what fails again
 * for a known reason within a minute of the last line is not logged.
 */
export class OutageNotice {
  readonly #parts: OutageNoticeParts
  readonly #loggedReasons = new Set<string>()
  #outage: Outage | undefined
  #lastLineMillis = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined

  constructor(parts: OutageNoticeParts) {
    this.#parts = parts
  }

  isOpen(): boolean {
    return this.#outage !== undefined
  }

  failed(endpoint: string, reason: string): void {
    const isFirst = this.#outage === undefined
    if (isFirst && this.#now() - this.#lastLineMillis >= PACE.repeatMillis) this.#loggedReasons.clear()
    const outage = (this.#outage ??= newOutage(this.#now(), endpoint, reason))
    outage.attempts += 1
    outage.endpoint = endpoint
    const isNew = !this.#loggedReasons.has(reason) && this.#loggedReasons.size < MOST_REASONS
    // A new reason that waits for its line keeps its place: where two reasons alternate, the known one would hide it.
    if (isNew || outage.reasonSinceMillis === undefined) outage.reason = reason
    if (isNew) outage.reasonSinceMillis ??= this.#now()
    if (isFirst || isNew) this.#schedule(outage)
  }

  /** Begins no outage: a permanent refusal is logged with the drops. */
  refused(reason: string): void {
    if (this.#outage) this.failed(this.#outage.endpoint, reason)
  }

  /** @param noRoom why, where there was no room for them */
  dropped(spans: number, noRoom: string | undefined): void {
    if (!this.#outage || spans === 0) return
    this.#outage.noRoom = noRoom ?? this.#outage.noRoom
    this.#outage.dropped += spans
    this.#outage.droppedUnlogged += spans
  }

  sentAgain(spans: number): void {
    if (this.#outage) this.#outage.sentAgain += spans
  }

  recovered(): void {
    const outage = this.#end()
    // An outage that was not logged needs no end, unless spans were dropped.
    if (!outage || (!outage.wasLogged && outage.reasonSinceMillis === undefined && outage.dropped === 0)) return
    this.#markLogged(outage)
    this.#parts.warn(endInWords(outage, this.#parts.signal, this.#now()))
  }

  /** The outage, for a line that is written elsewhere now: it has no line of its own any more. */
  takeOver(): Readonly<Outage> | undefined {
    const outage = this.#outage
    if (!outage) return undefined
    this.#markLogged(outage)
    this.#schedule(outage)
    return outage
  }

  /** Logs at once what was not logged yet, and ends. */
  close(): void {
    const outage = this.#end()
    if (outage && (outage.reasonSinceMillis !== undefined || outage.droppedUnlogged > 0)) this.#log(outage)
  }

  #end(): Outage | undefined {
    const outage = this.#outage
    this.#outage = undefined
    clearTimeout(this.#timer)
    return outage
  }

  #schedule(outage: Outage): void {
    const dueMillis =
      outage.reasonSinceMillis === undefined
        ? this.#lastLineMillis + PACE.repeatMillis
        : Math.max(outage.reasonSinceMillis + PACE.soonMillis, this.#lastLineMillis + PACE.otherReasonMillis)
    const log = (): void => {
      this.#log(outage)
      this.#schedule(outage)
    }
    clearTimeout(this.#timer)
    this.#timer = setTimeout(log, Math.max(0, dueMillis - this.#now())).unref()
  }

  #log(outage: Outage): void {
    const { hintFor, signal, waitingSpans, warn } = this.#parts
    const hint = hintFor(outage.reason, outage.endpoint)
    const isBeginning = !outage.wasLogged && outage.reasonSinceMillis !== undefined && outage.dropped === 0
    const line = isBeginning
      ? beginningInWords(outage, signal, hint)
      : courseInWords(outage, signal, this.#now(), waitingSpans(), hint)
    this.#markLogged(outage)
    warn(line)
  }

  #markLogged(outage: Outage): void {
    this.#loggedReasons.add(outage.reason)
    outage.reasonSinceMillis = undefined
    outage.wasLogged = true
    outage.droppedUnlogged = 0
    this.#lastLineMillis = this.#now()
  }

  #now(): number {
    return this.#parts.clock.nowMillis()
  }
}

/** A time in which attempts fail: from the first failure to the next success. */
interface Outage {
  readonly sinceMillis: number
  endpoint: string
  /** The newest; while a new one waits to be logged, that one. */
  reason: string
  /** When the reason came up, while it still has to be logged. */
  reasonSinceMillis: number | undefined
  wasLogged: boolean
  attempts: number
  dropped: number
  /** Why the last ones had no room. */
  noRoom: string | undefined
  droppedUnlogged: number
  sentAgain: number
}

function newOutage(sinceMillis: number, endpoint: string, reason: string): Outage {
  const counts = { attempts: 0, dropped: 0, droppedUnlogged: 0, sentAgain: 0 }
  return { sinceMillis, endpoint, reason, reasonSinceMillis: undefined, noRoom: undefined, wasLogged: false, ...counts }
}

function beginningInWords({ endpoint, reason }: Outage, signal: ItemNames, hint: string): string {
  return `sending ${signal.items} to ${endpoint} fails: ${reasonInWords(reason)}. ${hint}`
}

function courseInWords(
  outage: Outage,
  signal: ItemNames,
  nowMillis: number,
  waitingSpans: number,
  hint: string,
): string {
  const { attempts, dropped, endpoint, noRoom, reason, sinceMillis } = outage
  const advice = withDrops(hint, noRoom, signal)
  const cost = `${attemptsInWords(attempts)}, ${itemsInWords(waitingSpans, signal)} waiting, ${dropped} dropped`
  const past = durationInWords(nowMillis - sinceMillis)
  return `sending ${signal.items} to ${endpoint} has failed for ${past} (${cost}): ${reasonInWords(reason)}. ${advice}`
}

/** The hint for a failure, with what is to be said of the drops that came of it. */
export function withDrops(hint: string, noRoom: string | undefined, { items }: ItemNames): string {
  if (noRoom === undefined) return hint
  return `${hint} ${items.charAt(0).toUpperCase()}${items.slice(1)} were dropped, because ${noRoom}`
}

function endInWords(outage: Outage, signal: ItemNames, nowMillis: number): string {
  const { attempts, dropped, endpoint, reason, sentAgain, sinceMillis } = outage
  const past = `${durationInWords(nowMillis - sinceMillis)} (${attemptsInWords(attempts)}: ${reasonInWords(reason)})`
  const cost = `${itemsInWords(dropped, signal)} dropped, ${sentAgain} sent again because their acknowledgement was lost`
  return `sending ${signal.items} to ${endpoint} works again after ${past}: ${cost}`
}
