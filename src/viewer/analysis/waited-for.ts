import type { DraftNode } from './span-node.js'

/** What a clock of whole milliseconds may be wrong by, and what passes between two steps otherwise. */
const COARSE_SLACK_MICROS = 1_000
const FINE_SLACK_MICROS = 100
/** So many that started later are asked whether they ran as well. */
const MOST_ASKED = 64

export interface Pick {
  readonly node: DraftNode
  readonly startMicros: number
  readonly endMicros: number
  readonly isAssumed: boolean
  /** Another child ran at that moment, too: it is taken in the other reading. */
  readonly hasOther: boolean
}

/** A point of time, and whether it was read from a clock that counts whole milliseconds, as that of OpenTelemetry JS. */
export interface Moment {
  readonly micros: number
  readonly isCoarse: boolean
}

/**
 * The blocking children of one span within a piece of its time, asked for backwards: `before(moment)` says who was
 * waited for last. Each question takes logarithmic time: with thousands of children a scan each would take minutes.
 */
export class WaitedFor {
  readonly #start: number
  /** By start, cut to the piece of time. */
  readonly #children: readonly Omit<Pick, 'isAssumed' | 'hasOther'>[]
  /** Of the children up to here, the one that ends last; of several, the one that started first. */
  readonly #lastEnding: readonly number[]
  /** The children by end. */
  readonly #byEnd: number[]
  /** For each place in there, the next that may still answer a question: the rest is skipped. */
  readonly #alive: number[]

  /** `node.children` are in the order of their start. */
  constructor(node: DraftNode, startMicros: number, endMicros: number) {
    this.#start = startMicros
    const children: Omit<Pick, 'isAssumed' | 'hasOther'>[] = []
    const lastEnding: number[] = []
    let last = 0
    for (const child of node.children) {
      if (!child.isBlocking) continue
      const start = Math.max(child.startMicros, startMicros)
      const end = Math.min(child.endMicros ?? child.startMicros, endMicros)
      if (start >= endMicros || end <= startMicros) continue
      children.push({ node: child, startMicros: start, endMicros: end })
      if (end > (children[last]?.endMicros ?? 0)) last = children.length - 1
      lastEnding.push(last)
    }
    this.#children = children
    this.#lastEnding = lastEnding
    this.#byEnd = Array.from(children.keys())
    // Most children come one after another, and end in the order of their start.
    if (lastEnding.some((index, at) => index !== at)) this.#byEnd.sort((a, b) => this.#endAt(a) - this.#endAt(b))
    this.#alive = Array.from(children.keys())
    this.#alive.push(children.length)
  }

  before(moment: Moment, takesOther: boolean): Pick | undefined {
    const { micros } = moment
    const count = firstIndex(this.#children.length, (index) => this.#startAt(index) >= micros)
    if (count === 0 || micros <= this.#start) return undefined
    const last = this.#lastEnding[count - 1] ?? 0
    const justEnded = this.#endAt(last) < micros ? last : this.#justEnded(moment)
    const likely = justEnded ?? this.#firstRunning(micros, count)
    const other = this.#otherRunning(likely, micros, count)
    const picked = (takesOther ? other : undefined) ?? likely
    const child = this.#children[picked]
    if (child === undefined) return undefined
    const endMicros = Math.min(child.endMicros, micros)
    const isAssumed = justEnded === undefined || this.#isOverlapped(picked, endMicros)
    return { ...child, endMicros, isAssumed, hasOther: other !== undefined }
  }

  /** One that ends just after the moment, by no more than the clock may be wrong: what began then had waited for it. */
  #justEnded({ micros, isCoarse }: Moment): number | undefined {
    const limit = micros + (isCoarse ? COARSE_SLACK_MICROS : FINE_SLACK_MICROS)
    const from = firstIndex(this.#byEnd.length, (place) => this.#endAt(this.#byEnd[place] ?? 0) >= micros)
    for (let place = this.#firstAlive(from); ; place = this.#firstAlive(place)) {
      const index = this.#byEnd[place]
      if (index === undefined || this.#endAt(index) > limit) return undefined
      const { startMicros, endMicros } = this.#children[index] ?? { startMicros: 0, endMicros: 0 }
      if (startMicros < micros && endMicros - micros <= (endMicros - startMicros) / 2) return index
      // Questions go backwards: it will never be an answer again.
      this.#alive[place] = place + 1
    }
  }

  #firstAlive(place: number): number {
    let found = place
    for (let next = this.#alive[found]; next !== undefined && next !== found; next = this.#alive[found]) found = next
    for (let at = place; at < found;) {
      const next = this.#alive[at] ?? found
      this.#alive[at] = found
      at = next
    }
    return found
  }

  #firstRunning(micros: number, count: number): number {
    return firstIndex(count - 1, (index) => this.#endAt(this.#lastEnding[index] ?? 0) >= micros)
  }

  /** The first of the others that still ran. */
  #otherRunning(picked: number, micros: number, count: number): number | undefined {
    const first = this.#firstRunning(micros, count)
    for (let index = first; index < Math.min(count, first + MOST_ASKED); index++) {
      if (index !== picked && this.#endAt(index) >= micros) return index
    }
    return undefined
  }

  /** Whether another child ran in the picked one's time. */
  #isOverlapped(picked: number, endMicros: number): boolean {
    if (picked + 1 < this.#children.length && this.#startAt(picked + 1) < endMicros) return true
    const before = this.#lastEnding[picked - 1]
    return before !== undefined && this.#endAt(before) > this.#startAt(picked)
  }

  #startAt(index: number): number {
    return this.#children[index]?.startMicros ?? 0
  }

  #endAt(index: number): number {
    return this.#children[index]?.endMicros ?? 0
  }
}

/** The first index that fulfils a condition which then holds for all that follow; the length where none does. */
function firstIndex(length: number, holds: (index: number) => boolean): number {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}
