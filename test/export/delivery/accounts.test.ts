import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { DeliveryEvent } from '../../../src/export/delivery/events.js'
import type { Answer } from '../../../src/export/transport/transport.js'
import { batchOf } from './requests.js'
import {
  ACCEPTED,
  BUSY,
  heard,
  LOST,
  MemorySpool,
  REFUSED,
  rig,
  toldToWait,
  TOO_LARGE,
  UNREACHABLE,
  type Rig,
  type Sent,
} from './rig.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

type Where = 'waiting' | 'exporting' | 'spooled'

interface Account {
  where: Where
  spans: number
  bytes: Uint8Array
}

/** Where each span is, as the events tell; an event that can't be is an error. */
class Accounts {
  readonly open = new Map<number, Account>()
  exported = 0
  failed = 0
  shed = 0

  hear(event: DeliveryEvent): void {
    if (!('id' in event)) return
    const account = this.open.get(event.id)
    if (!account) throw new Error(`${event.kind} of a batch that is not there`)
    if (event.kind === 'exporting') this.#move(account, ['waiting', 'spooled'], 'exporting')
    else if (event.kind === 'waiting') this.#move(account, ['exporting'], 'waiting')
    else if (event.kind === 'spooled') this.#move(account, ['waiting'], 'spooled')
    else if (event.kind === 'shed') {
      if (account.where !== 'waiting') throw new Error(`shed while ${account.where}`)
      this.shed += event.spans
      account.spans -= event.spans
      if (event.rest) account.bytes = event.rest
      else this.#end(event.id, account.spans)
    } else if (event.kind === 'split') {
      for (const { id, bytes, spans } of event.halves) this.open.set(id, { where: 'waiting', spans, bytes })
      this.#end(event.id, account.spans - event.halves.reduce((sum, { spans }) => sum + spans, 0))
    } else {
      this.exported += event.exported
      this.failed += event.failed
      this.#end(event.id, account.spans - event.exported - event.failed)
    }
  }

  get stillThere(): number {
    return [...this.open.values()].reduce((sum, { spans }) => sum + spans, 0)
  }

  bytesOf(where: Where): number {
    return [...this.open.values()].reduce((sum, { where: is, bytes }) => sum + (is === where ? bytes.byteLength : 0), 0)
  }

  #end(id: number, notAccounted: number): void {
    if (notAccounted !== 0) throw new Error(`${notAccounted} spans are in no place`)
    this.open.delete(id)
  }

  #move(account: Account, from: Where[], to: Where): void {
    if (!from.includes(account.where)) throw new Error(`${account.where}, and then ${to}`)
    account.where = to
  }
}

type Step =
  | { readonly kind: 'add'; readonly randomness: readonly string[]; readonly isBroken: boolean }
  | { readonly kind: 'answer'; readonly which: number; readonly answer: Answer }
  | { readonly kind: 'pass'; readonly millis: number }
  | { readonly kind: 'flush'; readonly millis: number }
  | { readonly kind: 'spool'; readonly most: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      randomness: fc.array(fc.constantFrom('1', '10', '80000000000000', 'a0000000000000', 'ffffffffffffff'), {
        minLength: 1,
        maxLength: 5,
      }),
      isBroken: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('answer' as const),
      which: fc.nat(),
      answer: fc.constantFrom(
        ACCEPTED,
        ACCEPTED,
        { ...ACCEPTED, rejectedSpans: 1 } as Answer,
        BUSY,
        LOST,
        UNREACHABLE,
        REFUSED,
        TOO_LARGE,
        TOO_LARGE,
        toldToWait(500),
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), millis: fc.constantFrom(1, 150, 1_000, 20_000) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('flush' as const), millis: fc.constantFrom(0, 200, 3_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('spool' as const), most: fc.constantFrom(0, 3, 1_000) }) },
)

const BOUND = 6_000

test.each([
  ['memory', false],
  ['a spool', true],
])(
  'whatever happens, with %s each span is in exactly one place, and memory stays within its bound',
  async (_name, hasSpool) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const spool = new MemorySpool()
        const r = rig({ outageBufferBytes: BOUND, ...(hasSpool && { spool }) })
        const accounts = new Accounts()
        let heardEvents = 0
        let added = 0
        const answered = new Set<Sent>()
        const flushes: Promise<void>[] = []
        for (const current of steps) {
          if (current.kind === 'add') added += add(r, accounts, current)
          else if (current.kind === 'answer') {
            const open = r.transport.sent.filter((sent) => !answered.has(sent))
            const sent = open[current.which % open.length]
            sent?.answer(current.answer)
            if (sent) answered.add(sent)
          } else if (current.kind === 'pass') await vi.advanceTimersByTimeAsync(current.millis)
          else if (current.kind === 'flush') flushes.push(r.delivery.flush(current.millis))
          else spool.most = current.most
          await heard()
          for (const event of r.events.slice(heardEvents)) accounts.hear(event)
          heardEvents = r.events.length
          expect(accounts.exported + accounts.failed + accounts.shed + accounts.stillThere).toBe(added)
          const waiting = accounts.bytesOf('waiting')
          expect(waiting === 0 || waiting + accounts.bytesOf('exporting') <= BOUND).toBe(true)
          expect(accounts.bytesOf('spooled') === 0 || hasSpool).toBe(true)
        }
        if (hasSpool && steps.length % 2 === 0) {
          // Then it leaves, and the next one sends the rest.
          spool.most = 1_000
          const left = r.delivery.shutdown(50)
          await vi.advanceTimersByTimeAsync(50)
          await Promise.all([left, ...flushes])
          for (const event of r.events.slice(heardEvents)) accounts.hear(event)
          expect([accounts.bytesOf('waiting'), accounts.bytesOf('exporting')]).toEqual([0, 0])
          expect([...spool.entries.values()].reduce((sum, { spans }) => sum + spans, 0)).toBe(accounts.stillThere)
          r.delivery.close()
          expect(vi.getTimerCount()).toBe(0)
          return
        }
        r.transport.respond = () => ACCEPTED
        for (const sent of r.transport.sent) sent.answer(ACCEPTED)
        spool.most = 1_000
        await vi.advanceTimersByTimeAsync(60_000)
        await Promise.all(flushes)
        for (const event of r.events.slice(heardEvents)) accounts.hear(event)
        expect(accounts.exported + accounts.failed + accounts.shed).toBe(added)
        expect([accounts.stillThere, spool.entries.size]).toEqual([0, 0])
        r.delivery.close()
        expect(vi.getTimerCount()).toBe(0)
      }),
      { numRuns: 150 },
    )
  },
)

function add({ delivery }: Rig, accounts: Accounts, { randomness, isBroken }: Extract<Step, { kind: 'add' }>): number {
  const batch = batchOf(randomness.map((digits) => ({ randomness: digits, padding: 100 })))
  const bytes = isBroken ? batch.bytes.slice(0, -5) : batch.bytes
  accounts.open.set(batch.id, { where: 'waiting', spans: batch.spans, bytes })
  delivery.add({ ...batch, bytes })
  return batch.spans
}
