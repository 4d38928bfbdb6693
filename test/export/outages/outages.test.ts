import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeCertificates } from '../../helpers/certificates.js'
import { assertLedgerAddsUp } from '../../helpers/ledger.js'
import type { ReceivedRequest, ReceivedSpan } from '../../helpers/otlp-sink.js'
import { PROTOCOLS, type Protocol } from '../../process-exit/both-runs.js'
import { KINDS, REJECTS, SECRET, type Kind } from './kinds.js'
import { runOutage, type Authorities, type OutageRun } from './outage-run.js'

const SPANS = 4_000
const NUMBERS = Array.from({ length: SPANS }, (_, number) => number)
/** After the backend is well again. */
const LONGEST_WAY_MILLIS = 45_000
/** Far less than a second of what Node.js itself takes more or less from run to run. */
const MOST_GROWTH_BYTES = 32 * 1_024 * 1_024
const STAGGER_MILLIS = 400
const TOLD_WITHIN_MILLIS = 1_000
const TIMEOUT_MILLIS = 150_000

let authorities: Authorities
const runs = new Map<string, Promise<OutageRun>>()
const runOf = (kind: Kind, protocol: Protocol): Promise<OutageRun> =>
  runs.get(kind.name + protocol) ?? Promise.reject(new Error('it was not started'))

/** All together, since they mostly wait; one after the other, since starting is work. */
beforeAll(async () => {
  const [right, wrong] = await Promise.all([makeCertificates(), makeCertificates()])
  authorities = { right, wrong }
  for (const kind of [...KINDS, REJECTS]) {
    for (const protocol of PROTOCOLS) {
      const run = sleep(runs.size * STAGGER_MILLIS).then(() => runOutage(kind, protocol, authorities))
      // Told by the tests that wait for it.
      run.catch(() => undefined)
      runs.set(kind.name + protocol, run)
    }
  }
})

afterAll(async () => {
  await Promise.allSettled(runs.values())
  await Promise.all([authorities.right.remove(), authorities.wrong.remove()])
})

const inOrder = (spans: readonly ReceivedSpan[]): unknown[] =>
  spans.map(({ attributes }) => attributes.number).sort((a, b) => Number(a) - Number(b))

function acknowledgedSpans({ requests, unacknowledged }: OutageRun): ReceivedSpan[] {
  return requests.filter((request) => !unacknowledged.has(request)).flatMap(({ acceptedSpans }) => acceptedSpans)
}

const requestsInOutage = ({ requests, endedAtMillis }: OutageRun): ReceivedRequest[] =>
  requests.filter(({ arrivedAtMillis }) => arrivedAtMillis < endedAtMillis)

function failedAttemptsIn({ said }: OutageRun): number {
  return Number(/\((\d+) failed attempts?:/.exec(said.join('\n'))?.[1])
}

describe.each(KINDS)('a backend that $name for 30 s', (kind) => {
  describe.each(PROTOCOLS)('over %s', { timeout: TIMEOUT_MILLIS }, (protocol) => {
    test('was really out, and was tried again and again', async () => {
      const run = await runOf(kind, protocol)
      const requests = requestsInOutage(run)
      expect(failedAttemptsIn(run)).toBeGreaterThanOrEqual(4)
      if (!kind.answer) expect(requests).toEqual([])
      else expect(requests.length).toBeGreaterThanOrEqual(4)
      expect(requests.filter((request) => !run.unacknowledged.has(request)).flatMap((r) => r.acceptedSpans)).toEqual([])
    })

    test('has every span in the end, each acknowledged once, and again only what was not acknowledged', async () => {
      const run = await runOf(kind, protocol)
      assertLedgerAddsUp(run.ledger)
      expect(run.ledger).toMatchObject({ started: SPANS, exported: SPANS })
      expect(inOrder(acknowledgedSpans(run))).toEqual(NUMBERS)
      expect(new Set(run.spans.map(({ spanId }) => spanId)).size).toBe(SPANS)
      const lastMillis = Math.max(...run.requests.map(({ arrivedAtMillis }) => arrivedAtMillis))
      expect(lastMillis - run.endedAtMillis).toBeLessThan(LONGEST_WAY_MILLIS)
      expect(run.grewBytes).toBeLessThan(MOST_GROWTH_BYTES)
    })

    test('is told of in one line within a second, and in one when it is over', async () => {
      const run = await runOf(kind, protocol)
      const { endpoint, said } = run
      const reason = kind.reason[protocol].replace('<address>', new URL(endpoint).host)
      expect(said).toEqual([
        expect.stringContaining(`spanwright: sending spans to ${endpoint} fails: ${reason}. `),
        expect.stringContaining(`spanwright: sending spans to ${endpoint} works again after `),
      ])
      expect(said[0]).toMatch(kind.cure)
      expect(said[1]).toMatch(/ after \d\d s \(\d+ failed attempts: .*\): 0 spans dropped, \d+ sent again because /)
      expect(said[1]).toContain(reason)
      expect(said.join()).not.toContain(SECRET)
      const [first] = run.requests
      if (kind.answer && first) {
        const failedAtMillis = first.arrivedAtMillis + (kind.attemptMillis ?? 0)
        expect(run.toldAtMillis - failedAtMillis).toBeLessThan(TOLD_WITHIN_MILLIS)
      }
    })

    test('is told of with the count of spans that were sent again', async () => {
      const run = await runOf(kind, protocol)
      const arrivedAgain = run.spans.length - SPANS
      const toldAgain = Number(/(\d+) sent again/.exec(run.said.join())?.[1])
      if (run.unacknowledged.size === 0) expect([arrivedAgain, toldAgain]).toEqual([0, 0])
      else expect(arrivedAgain).toBeGreaterThan(0)
      // Some had not arrived the first time.
      expect(toldAgain).toBeGreaterThanOrEqual(arrivedAgain)
    })
  })
})

describe.each(PROTOCOLS)(`a backend that ${REJECTS.name}, over %s`, { timeout: TIMEOUT_MILLIS }, (protocol) => {
  test('is sent no span twice, and those that it rejected are counted', async () => {
    const run = await runOf(REJECTS, protocol)
    const sent = run.requests.flatMap(({ spans }) => spans)
    const rejected = run.requests.reduce(
      (sum, { spans, acceptedSpans }) => sum + spans.length - acceptedSpans.length,
      0,
    )
    expect(rejected).toBeGreaterThan(20)
    assertLedgerAddsUp(run.ledger)
    expect(run.ledger).toMatchObject({ started: SPANS, exported: SPANS - rejected, droppedExportFailed: rejected })
    expect(inOrder(sent)).toEqual(NUMBERS)
  })

  test('is told of at once with its own words, and of all spans that it rejected by the end', async () => {
    const { said, ledger, endpoint, requests, toldAtMillis } = await runOf(REJECTS, protocol)
    const counts = said.map((line) => Number(/^spanwright: (\d+) (?:more )?spans? dropped: /.exec(line)?.[1]))
    expect(said.length).toBeLessThanOrEqual(2)
    for (const line of said) {
      expect(line).toContain(`dropped: ${endpoint} did not take them: ${REJECTS.reason[protocol]}. `)
      expect(line).toMatch(REJECTS.cure)
      expect(line).not.toContain(SECRET)
    }
    expect(toldAtMillis - (requests[0]?.arrivedAtMillis ?? 0)).toBeLessThan(TOLD_WITHIN_MILLIS)
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(ledger.droppedExportFailed)
  })
})
