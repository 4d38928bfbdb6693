import { baggageEntryMetadataFromString, propagation, type Baggage, type BaggageEntry } from '@opentelemetry/api'
import { Budget, hasOddPercents, percentDecode, withPercentsEncoded, type Member } from './format.js'

/**
 * Baggage as it came. Most of it is only sent on: it is decoded when somebody asks for an entry, and goes out as it is. To decode
 * and encode 8 KB costs more than the request that brings them.
 */
export class ReceivedBaggage implements Baggage {
  /** Also of that of another file of the build: propagators have one of their own. */
  static is(baggage: Baggage): baggage is ReceivedBaggage {
    return (baggage as Partial<ReceivedBaggage>).isAsItCame === true
  }

  readonly members: readonly Member[]
  /** The `baggage-string`, white space aside. */
  readonly text: string
  #decoded: Baggage | undefined

  /** Undefined where nothing is within the limits; `leftOut` is called with keys that are not. */
  static of(members: Iterable<Member>, leftOut: (key: string) => void): ReceivedBaggage | undefined {
    const budget = new Budget()
    const kept: Member[] = []
    let text = ''
    // Of values that get longer, nothing is encoded in vain: the first that does not fit is the last that is tried.
    let mayGrow = true
    for (const { key, value: received, properties } of members) {
      const isOdd = hasOddPercents(received)
      const value = isOdd && mayGrow ? withPercentsEncoded(received) : received
      const written = properties === '' ? `${key}=${value}` : `${key}=${value};${properties}`
      if ((isOdd && !mayGrow) || !budget.take(written.length)) {
        mayGrow &&= !isOdd
        leftOut(key)
        continue
      }
      kept.push({ key, value, properties })
      text += text === '' ? written : `,${written}`
    }
    return kept.length === 0 ? undefined : new ReceivedBaggage(kept, text)
  }

  private constructor(members: readonly Member[], text: string) {
    this.members = members
    this.text = text
  }

  // eslint-disable-next-line @typescript-eslint/class-literal-property-style -- a field would be written for each of them.
  get isAsItCame(): true {
    return true
  }

  getEntry(key: string): BaggageEntry | undefined {
    return this.#entries.getEntry(key)
  }

  getAllEntries(): [string, BaggageEntry][] {
    return this.#entries.getAllEntries()
  }

  setEntry(key: string, entry: BaggageEntry): Baggage {
    return this.#entries.setEntry(key, entry)
  }

  removeEntry(key: string): Baggage {
    return this.#entries.removeEntry(key)
  }

  removeEntries(...keys: string[]): Baggage {
    return this.#entries.removeEntries(...keys)
  }

  clear(): Baggage {
    return this.#entries.clear()
  }

  get #entries(): Baggage {
    this.#decoded ??= propagation.createBaggage(
      Object.fromEntries(this.members.map((member) => [member.key, entryOf(member)])),
    )
    return this.#decoded
  }
}

function entryOf({ value, properties }: Member): BaggageEntry {
  const decoded = percentDecode(value)
  if (properties === '') return { value: decoded }
  return { value: decoded, metadata: baggageEntryMetadataFromString(properties) }
}
