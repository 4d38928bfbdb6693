import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { TraceStore } from '../../../src/viewer/model/trace-store.js'
import type { StoreOptions } from '../../../src/viewer/store/memory.js'
import { log, span, spanId, traceId } from '../helpers/spans.js'

/** What every store does. Times are those of the clock that is given to it. */
export function storeContract(name: string, open: (options: StoreOptions) => TraceStore): void {
  describe(name, () => {
    let nowMillis = 0
    let store: TraceStore
    const openStore = (options: StoreOptions = {}): TraceStore => open({ now: () => nowMillis, ...options })
    const listed = (): string[] => store.summaries().map((summary) => summary.traceId)
    const inTrace = (n: number, count = 1): ReturnType<typeof span>[] =>
      Array.from({ length: count }, (_, k) => span({ traceId: traceId(n), spanId: spanId(n * 100 + k) }))

    beforeEach(() => {
      nowMillis = 1_000
      store = openStore()
    })
    afterEach(() => store.close())

    test('gives spans back as they came, in the order of arrival', () => {
      const first = span({
        spanId: spanId(7),
        parent: spanId(6),
        kind: 'client',
        status: 'error',
        statusMessage: 'no',
        traceState: 'ot=th:8',
        attributes: { text: 'a', whole: 1, large: 12345678901234567890n, list: [1, 'b', null], map: { deep: true } },
        events: [{ name: 'exception', timeMicros: 5.25, attributes: { k: 'v' }, droppedAttributesCount: 1 }],
        links: [{ traceId: traceId(9), spanId: spanId(9), attributes: {} }],
        droppedAttributesCount: 2,
        droppedEventsCount: 3,
        droppedLinksCount: 4,
        scope: { name: 'http', version: '1.0.0', attributes: {} },
      })
      const second = span({ spanId: spanId(8), endMicros: undefined, startMicros: 1_700_000_000_000_000.25 })
      store.add([first])
      store.add([second])
      expect(store.spansOf(traceId(1))).toEqual([first, second])
      expect(store.spansOf(traceId(2))).toEqual([])
    })

    test('keeps logs by the trace they carry, those that arrive before its spans too, and no others', () => {
      const early = log()
      store.addLogs([early, log({ traceId: undefined })])
      expect([store.summaryOf(traceId(1)), listed()]).toEqual([undefined, []])
      store.add([span()])
      const late = log({ body: { message: 'bye' }, spanId: undefined })
      store.addLogs([late])
      expect(store.logsOf(traceId(1))).toEqual([early, late])
      expect(store.counts()).toMatchObject({ spans: 1, traces: 1, logs: 2 })
    })

    test('sums a trace up over all that arrived', () => {
      store.add([span({ spanId: spanId(2), parent: spanId(1), service: 'stock', startMicros: 500, endMicros: 9_000 })])
      expect(store.summaryOf(traceId(1))?.root).toBeUndefined()
      nowMillis = 2_000
      store.add([
        span({ name: 'later root', spanId: spanId(5), startMicros: 2_000, endMicros: undefined }),
        span({ name: 'root', startMicros: 1_000, endMicros: 8_000, status: 'error' }),
      ])
      expect(store.summaryOf(traceId(1))).toEqual({
        traceId: traceId(1),
        run: '1970-01-01T00:00:01Z',
        spanCount: 3,
        firstStartMicros: 500,
        lastEndMicros: 9_000,
        lastArrivalMillis: 2_000,
        services: ['stock', 'orders'],
        hasError: true,
        root: { spanId: spanId(1), service: 'orders', name: 'root', startMicros: 1_000, endMicros: 8_000 },
      })
    })

    test('counts spans once that are sent again, in the same request or a later one', () => {
      const heard: string[][] = []
      store.add([...inTrace(1, 3), ...inTrace(1, 1)])
      const before = [store.counts(), store.spansOf(traceId(1)), store.summaryOf(traceId(1))]
      nowMillis++
      store.onChange((ids) => heard.push([...ids]))
      store.add(inTrace(1, 3))
      expect([store.counts(), store.spansOf(traceId(1)), store.summaryOf(traceId(1))]).toEqual(before)
      expect(store.counts().spans).toBe(3)
      expect(heard).toEqual([])
      // Half of the request is new.
      store.add(inTrace(1, 6))
      expect(store.spansOf(traceId(1)).map((each) => each.spanId)).toEqual(inTrace(1, 6).map((each) => each.spanId))
      expect(store.counts().spans).toBe(6)
      expect(heard).toEqual([[traceId(1)]])
    })

    test('keeps the later one of a span that had not ended, in its place', () => {
      const open = span({ endMicros: undefined, startMicros: 1_000 })
      const ended = span({ endMicros: 9_000, startMicros: 1_000, status: 'error' })
      const other = span({ spanId: spanId(2), parent: spanId(1), startMicros: 1_000, endMicros: 2_000 })
      store.add([open, other])
      store.addLogs([log()])
      store.add([ended])
      store.add([open])
      expect(store.spansOf(traceId(1))).toEqual([ended, other])
      expect(store.logsOf(traceId(1))).toHaveLength(1)
      expect(store.counts()).toMatchObject({ spans: 2, traces: 1 })
      expect(store.summaryOf(traceId(1))).toMatchObject({
        hasError: true,
        lastEndMicros: 9_000,
        root: { endMicros: 9_000 },
      })
    })

    test('keeps two spans of one id that differ: the halves of a call, or a sender that is wrong', () => {
      const client = span({ kind: 'client' })
      const server = span({ kind: 'server' })
      const other = span({ kind: 'server', service: 'stock' })
      store.add([client])
      store.add([server, other])
      expect(store.spansOf(traceId(1))).toEqual([client, server, other])
      expect(store.counts().spans).toBe(3)
    })

    test('knows which traces link to which', () => {
      store.add([span({ links: [{ traceId: traceId(5), spanId: spanId(1), attributes: {} }] })])
      store.add([span({ traceId: traceId(2) })])
      const linking = store.summaries({ where: ({ linkedTraces }) => linkedTraces.includes(traceId(5)) })
      expect(linking.map((summary) => summary.traceId)).toEqual([traceId(1)])
    })

    test('lists the newest first, in pages', () => {
      for (const n of [1, 2, 3]) {
        nowMillis++
        store.add(inTrace(n))
      }
      nowMillis++
      store.add([span({ traceId: traceId(1), spanId: spanId(99) })])
      expect(listed()).toEqual([traceId(1), traceId(3), traceId(2)])
      const [first] = store.summaries({ limit: 1 })
      expect(first?.traceId).toBe(traceId(1))
      const rest = store.summaries({ limit: 1, arrivedBeforeMillis: first?.lastArrivalMillis ?? 0 })
      expect(rest.map((summary) => summary.traceId)).toEqual([traceId(3)])
    })

    test('gives summaries one by one, of what was there at the first, whatever arrives meanwhile', () => {
      for (const n of [1, 2, 3]) store.add(inTrace(n))
      const seen: string[] = []
      for (const summary of store.eachSummary(({ traceId: id }) => id !== traceId(2))) {
        seen.push(summary.traceId)
        store.add([span({ traceId: summary.traceId, spanId: spanId(900 + seen.length) }), ...inTrace(4)])
      }
      expect(seen).toEqual([traceId(3), traceId(1)])
    })

    test('removes whole traces, the oldest first, to stay within the number of spans', () => {
      store = openStore({ maxSpans: 5 })
      store.add(inTrace(1, 2))
      nowMillis++
      store.add(inTrace(2, 2))
      nowMillis++
      store.add(inTrace(3, 3))
      expect(listed()).toEqual([traceId(3), traceId(2)])
      expect(store.spansOf(traceId(1))).toEqual([])
      expect(store.counts()).toEqual({ spans: 5, traces: 2, logs: 0, evictedTraces: 1, evictedSpans: 2 })
    })

    test('removes traces to stay within the memory they take', () => {
      store = openStore({ maxBytes: 40_000 })
      for (const n of [1, 2, 3]) {
        nowMillis++
        store.add([span({ traceId: traceId(n), attributes: { body: 'x'.repeat(8_000) } })])
      }
      expect(listed()).toEqual([traceId(3), traceId(2)])
    })

    test('logs take their share of the memory', () => {
      store = openStore({ maxBytes: 20_000 })
      store.add(inTrace(1))
      nowMillis++
      store.addLogs([log({ traceId: traceId(2), body: 'x'.repeat(30_000) })])
      expect([listed(), store.counts().logs]).toEqual([[], 0])
    })

    test('keeps what is pinned while there is anything else to remove', () => {
      store = openStore({ maxSpans: 4 })
      store.add(inTrace(1, 2))
      store.pin(traceId(1), true)
      nowMillis++
      store.add(inTrace(2, 2))
      nowMillis++
      store.add(inTrace(3, 2))
      expect(listed()).toEqual([traceId(3), traceId(1)])
      store.pin(traceId(3), true)
      nowMillis++
      store.add(inTrace(4, 5))
      expect(store.counts().spans).toBeLessThanOrEqual(4)
    })

    test('tells who listens which traces changed, once a call, evicted ones among them', () => {
      store = openStore({ maxSpans: 3 })
      const heard: string[][] = []
      const stop = store.onChange((ids) => heard.push([...ids]))
      store.add([...inTrace(1, 2), ...inTrace(2)])
      nowMillis++
      store.add(inTrace(3, 2))
      store.addLogs([log({ traceId: traceId(3) })])
      store.clear()
      stop()
      store.add(inTrace(4))
      expect(heard.slice(0, 3)).toEqual([[traceId(1), traceId(2)], [traceId(3), traceId(1)], [traceId(3)]])
      expect(heard[3]?.toSorted()).toEqual([traceId(2), traceId(3)])
      expect(heard).toHaveLength(4)
    })

    test('is empty after it is cleared, and takes new spans', () => {
      store.add(inTrace(1, 3))
      store.addLogs([log()])
      store.clear()
      expect(store.counts()).toMatchObject({ spans: 0, traces: 0, logs: 0 })
      expect([store.summaryOf(traceId(1)), store.spansOf(traceId(1)), store.logsOf(traceId(1))]).toEqual([
        undefined,
        [],
        [],
      ])
      store.add(inTrace(2))
      expect(listed()).toEqual([traceId(2)])
    })

    test('an attribute may be called as members of objects are', () => {
      const attributes = JSON.parse('{"__proto__": "p", "constructor": "c", "toString": 1}') as Record<string, string>
      store.add([span({ attributes })])
      const [kept] = store.spansOf(traceId(1))
      expect(Object.entries(kept?.attributes ?? {})).toEqual(Object.entries(attributes))
    })
  })
}
