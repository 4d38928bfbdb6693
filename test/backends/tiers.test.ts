import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { countsOf } from './load.js'
import { spansInFile, waitForSpans } from './collector.js'
import { has, needs } from './programs.js'
import { startTiers, type Tiers } from './tiers.js'

/** Each of three services has a server span, and the first two a client span. */
const SPANS_A_TRACE = 5

describe.skipIf(!has('collector'))(`two agents, two gateways and three services ${needs('collector')}`, () => {
  test('keep each trace with an error, whole and once, and some of the others, while a gateway is stopped and started', async () => {
    await using tiers = await startTiers()
    await tiers.request(0, 100)
    await tiers.gateways[0].stop()
    await tiers.request(100, 200)
    await tiers.gateways[0].start()
    await tiers.request(200, 300)

    const errors = tiers.traces((number) => number % 10 === 0)
    expect(errors.size).toBe(30)
    const spans = await arrived(tiers, errors)
    const ofErrors = spans.filter(({ traceId }) => errors.has(traceId))
    expect(countsOf(ofErrors)).toEqual({ traces: 30, spans: 30 * SPANS_A_TRACE, twice: 0, orphans: 0 })
    // Both gateways have some, each trace is at one of them.
    const ids = tiers.files.map((file) => new Set(spansInFile(file).map(({ traceId }) => traceId)))
    for (const set of ids) expect(set.size).toBeGreaterThan(0)
    expect([...(ids[0] ?? [])].filter((id) => ids[1]?.has(id))).toEqual([])
    // Of the other 270 half, by the policy, and those whole, too.
    const others = countsOf(spans.filter(({ traceId }) => !errors.has(traceId)))
    expect(others).toMatchObject({ spans: others.traces * SPANS_A_TRACE, twice: 0, orphans: 0 })
    expect(Math.abs(others.traces - 135)).toBeLessThan(4 * Math.sqrt(270 * 0.25))
  }, 180_000)

  test('lose to SIGKILL of a gateway what has waited there for its decision, and nothing else', async () => {
    await using tiers = await startTiers()
    await tiers.request(0, 100)
    // Decided and written.
    await arrived(
      tiers,
      tiers.traces((number) => number % 10 === 0),
    )
    await tiers.request(100, 200)
    await tiers.gateways[0].kill()
    await tiers.gateways[0].start()
    await tiers.request(200, 300)

    const errors = tiers.traces((number) => number % 10 === 0)
    const safe = tiers.traces((number) => number % 10 === 0 && (number < 100 || number >= 200))
    await arrived(tiers, safe)
    const ofErrors = spansOf(tiers).filter(({ traceId }) => errors.has(traceId))
    expect(countsOf(ofErrors.filter(({ traceId }) => safe.has(traceId)))).toMatchObject({
      traces: 20,
      spans: 20 * SPANS_A_TRACE,
      twice: 0,
    })
    const lost = 30 - countsOf(ofErrors).traces
    // Those of the ten that were with the gateway that was killed.
    expect(lost).toBeLessThanOrEqual(10)
    console.log(`SIGKILL of one of two gateways lost ${lost} of the 10 error traces that waited for a decision`)
  }, 180_000)
})

const spansOf = ({ files }: Tiers): ReturnType<typeof spansInFile> => files.flatMap(spansInFile)

/** All that is there once the traces are, and what comes twice has had its time. */
async function arrived(tiers: Tiers, traces: ReadonlySet<string>): Promise<ReturnType<typeof spansInFile>> {
  const find = (): ReturnType<typeof spansInFile> => spansOf(tiers).filter(({ traceId }) => traces.has(traceId))
  await waitForSpans(find, traces.size * SPANS_A_TRACE, 30_000)
  await delay(tiers.decisionWaitMillis / 2)
  return spansOf(tiers)
}
