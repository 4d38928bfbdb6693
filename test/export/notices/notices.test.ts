import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { noRoomInBuffer, noRoomInQueue } from '../../../src/export/notices/no-room.js'
import { Notices } from '../../../src/export/notices/notices.js'
import { SIGNALS } from '../../../src/export/pipeline/signal.js'

const NO_ROOM = noRoomInBuffer({ outageBufferBytes: 64 * 1_024 * 1_024, spoolMaxBytes: undefined })
const ENDPOINT = 'http://collector:4318/v1/traces'

let notices: Notices
let lines: string[]
let waiting: number

beforeEach(() => {
  vi.useFakeTimers()
  lines = []
  waiting = 0
  notices = new Notices({
    signal: SIGNALS.traces,
    noRoom: NO_ROOM,
    warn: (line) => lines.push(line),
    hintFor: (reason, endpoint) => `Cure for ${reason} at ${new URL(endpoint).host}.`,
    endpoint: () => ENDPOINT,
    waitingSpans: () => waiting,
    spansOf: (id) => id * 10,
    lossWithoutFailure: () => 'no answer in time',
  })
})
afterEach(() => {
  notices.close()
  expect(vi.getTimerCount(), 'timers left after close()').toBe(0)
  vi.useRealTimers()
})

const fail = (reason = 'connection refused'): void =>
  notices.onEvent({ kind: 'attempt-failed', endpoint: ENDPOINT, reason })
const recover = (): void => notices.onEvent({ kind: 'recovered', endpoint: ENDPOINT, toSendAgain: 0 })
const refuse = (failed: number, reason: string, exported = 0): void => {
  notices.onEvent({ kind: 'settled', id: 1, exported, failed, reason })
  notices.dropped('refused', failed)
}
const pass = (seconds: number): void => void vi.advanceTimersByTime(seconds * 1_000)
/** Fails again and again, as a delivery does with its attempts, until the time is over. */
function failFor(seconds: number, reasons: readonly string[] = ['connection refused']): void {
  for (let i = 0; i < seconds * 4; i++) {
    fail(reasons[i % reasons.length])
    pass(0.25)
  }
}
const told = (): string[] => lines.splice(0)

describe('a failure', () => {
  test('is told within a second, in one line with endpoint, reason and cure', () => {
    for (let i = 0; i < 9; i++) {
      fail()
      pass(0.1)
    }
    expect(lines).toEqual([
      `sending spans to ${ENDPOINT} fails: connection refused. Cure for connection refused at collector:4318.`,
    ])
  })

  test('that lasts is told once a minute, with what it costs', () => {
    failFor(1)
    told()
    waiting = 3_000
    notices.dropped('outage buffer', 200)
    notices.dropped('queue', 1)
    failFor(59)
    expect(told()).toEqual([])
    failFor(1)
    expect(told()).toEqual([
      `sending spans to ${ENDPOINT} has failed for 60 s (241 failed attempts, 3000 spans waiting, 201 dropped): ` +
        'connection refused. Cure for connection refused at collector:4318. ' +
        `Spans were dropped, because ${NO_ROOM.queue}`,
    ])
    failFor(600)
    expect(told()).toHaveLength(10)
  })

  test('is told every minute also where no attempt ends', () => {
    fail()
    pass(121)
    expect(told()).toEqual([
      expect.stringContaining('fails:'),
      expect.stringContaining('has failed for 60 s (1 failed attempt, 0 spans waiting, 0 dropped)'),
      expect.stringContaining('has failed for 2 min'),
    ])
  })

  test('has the server’s own words in one line, without control characters and not too long', () => {
    fail(`<html>\n<body>\u001b[31mBad Gateway${'!'.repeat(5_000)}</body>`)
    pass(1)
    expect(lines[0]).toMatch(/ fails: <html> <body> \[31mBad Gateway!+…\. Cure/)
    expect(lines[0]?.indexOf('…')).toBeLessThan(400)
  })

  test('of which nothing is known is told all the same', () => {
    fail(' \n')
    pass(1)
    expect(lines).toEqual([expect.stringContaining('fails: no reason given. ')])
  })
})

describe('another reason during the same failure', () => {
  test('is told a second after the line before', () => {
    fail('connection refused')
    pass(0.3)
    told()
    fail('503: no healthy upstream')
    pass(0.5)
    expect(told()).toEqual([])
    pass(0.5)
    expect(told()).toEqual([expect.stringMatching(/has failed for 1\.\d s \(2 failed attempts.*\): 503: no healthy/)])
  })

  test('is told although the first one keeps coming back, and then neither is until the minute is over', () => {
    failFor(50, ['connection refused', '503', 'connection refused'])
    expect(told()).toEqual([expect.stringContaining('connection refused. '), expect.stringContaining('503. ')])
    failFor(20, ['503', 'connection refused'])
    expect(told()).toHaveLength(1)
  })

  test('keeps its place in the line that waits when the first one comes back', () => {
    fail('connection refused')
    pass(0.5)
    told()
    fail('503')
    fail('connection refused')
    pass(1)
    expect(told()).toEqual([expect.stringContaining('503. ')])
  })

  test('does not fill the log when the words are never the same twice', () => {
    failFor(
      600,
      Array.from({ length: 2_400 }, (_, i) => `503: request ${i}`),
    )
    expect(told().length).toBeLessThanOrEqual(5 + 10)
  })

  test('is told when a backend that was away refuses whole batches, and no line is told for these alone', () => {
    fail()
    pass(2)
    told()
    refuse(512, '401: no such token')
    pass(10)
    expect(told()).toEqual([
      expect.stringMatching(/has failed for 2\.\d s \(2 failed.*512 dropped\): 401: no such token/),
    ])
  })
})

test('a partial success during a failure is counted, and is no failure itself', () => {
  fail()
  pass(2)
  told()
  refuse(3, 'attribute too long', 509)
  pass(60)
  expect(told()).toEqual([expect.stringMatching(/\(1 failed attempt, .*3 dropped\): connection refused/)])
})

test('a cure that is empty leaves no space behind', () => {
  const quiet = new Notices({
    signal: SIGNALS.traces,
    noRoom: NO_ROOM,
    warn: (line) => lines.push(line),
    hintFor: () => '',
    endpoint: () => ENDPOINT,
    waitingSpans: () => 0,
    spansOf: () => 0,
    lossWithoutFailure: () => 'no answer in time',
  })
  quiet.dropped('exit', 1)
  quiet.close()
  expect(told()).toEqual([expect.stringMatching(/no answer in time\.$/)])
})

describe('a recovery', () => {
  test('is told in one line: how long it took, what was dropped, what was sent again', () => {
    failFor(75)
    told()
    notices.dropped('outage buffer', 7)
    notices.onEvent({ kind: 'exporting', id: 3, again: true })
    notices.onEvent({ kind: 'exporting', id: 4, again: false })
    notices.onEvent({ kind: 'exporting', id: 5, again: true })
    recover()
    pass(600)
    expect(told()).toEqual([
      `sending spans to ${ENDPOINT} works again after 75 s (300 failed attempts: connection refused): ` +
        '7 spans dropped, 80 sent again because their acknowledgement was lost',
    ])
  })

  test('that comes before the failure was told is told with it, in one line', () => {
    fail()
    pass(0.1)
    recover()
    pass(600)
    expect(told()).toEqual([expect.stringContaining('works again after 0.1 s (1 failed attempt: connection refused)')])
  })

  test('ends the counts: the next failure has its own', () => {
    failFor(1)
    notices.dropped('queue', 5)
    recover()
    pass(100)
    told()
    fail()
    pass(61)
    expect(told().at(-1)).toContain('(1 failed attempt, 0 spans waiting, 0 dropped)')
  })

  test('of a backend that comes and goes is told once a minute at most', () => {
    for (let i = 0; i < 240; i++) {
      fail()
      pass(0.5)
      recover()
      pass(0.5)
    }
    // Four minutes: a failure and its end in each.
    expect(told().length).toBe(8)
  })

  test('and a quiet minute make every reason news again', () => {
    failFor(20, ['a', 'b', 'c', 'd', 'e', 'f'])
    recover()
    pass(60)
    told()
    fail('f')
    pass(1)
    expect(told()).toEqual([expect.stringContaining('fails: f. ')])
  })

  test('that is followed by another failure of the same kind, which lasts, does not silence that for good', () => {
    failFor(1)
    recover()
    failFor(58)
    expect(told()).toHaveLength(2)
    failFor(5)
    expect(told()).toEqual([expect.stringContaining('has failed for 60 s')])
  })

  test('is told also of a failure that was no news, if it has cost spans', () => {
    for (const cost of [0, 9]) {
      fail()
      pass(0.5)
      notices.dropped('outage buffer', cost)
      recover()
    }
    expect(told().at(-1)).toContain('works again after 0.5 s (1 failed attempt: connection refused): 9 spans dropped')
  })
})

describe('the bound that was met is named, with its size:', () => {
  test('the queue of spans before an exporter', () => {
    expect(noRoomInQueue(2_048).queue).toMatch(/^the queue of 2048 spans is full\. Raise OTEL_BSP_MAX_QUEUE_SIZE /)
  })

  test('the outage buffer, and a folder as the way out', () => {
    expect(NO_ROOM.outageBuffer).toMatch(/^the outage buffer of 64 MiB is full\. .*SPANWRIGHT_SPOOL_DIR/)
    expect(noRoomInBuffer({ outageBufferBytes: 1.5e6, spoolMaxBytes: undefined }).queue).toContain('of 1.4 MiB is full')
  })

  test('the spool, where there is one', () => {
    const { outageBuffer } = noRoomInBuffer({ outageBufferBytes: 2 ** 20, spoolMaxBytes: 2 ** 28 })
    expect(outageBuffer).toMatch(/the spool of 256 MiB takes no more\. Raise SPANWRIGHT_SPOOL_MAX_BYTES/)
    expect(outageBuffer).not.toContain('SPANWRIGHT_SPOOL_DIR')
  })
})

describe('drops while nothing fails', () => {
  test('are told at once with the cure, then once a minute with the count since the last line', () => {
    for (let i = 0; i < 100; i++) notices.dropped('queue', 1)
    pass(0.9)
    expect(told()).toEqual([
      expect.stringMatching(
        /^100 spans dropped: they come faster.* buffer of 64 MiB is full\. Raise SPANWRIGHT_OUTAGE_BUFFER_BYTES/,
      ),
    ])
    for (let i = 0; i < 590; i++) {
      notices.dropped('queue', 1)
      pass(0.1)
    }
    expect(told()).toEqual([])
    pass(1)
    expect(told()).toEqual([expect.stringMatching(/^590 more spans dropped: /)])
    pass(600)
    expect(told()).toEqual([])
  })

  test('are told at once again after a quiet time', () => {
    notices.dropped('queue', 1)
    pass(600)
    told()
    notices.dropped('queue', 1)
    pass(0.9)
    expect(told()).toEqual([expect.stringMatching(/^1 span dropped: /)])
  })

  test('by a refusal have the backend’s words, the endpoint and the cure', () => {
    refuse(3, 'attribute too long.', 509)
    pass(0.9)
    expect(told()).toEqual([
      `3 spans dropped: ${ENDPOINT} did not take them: attribute too long. Cure for attribute too long. at collector:4318.`,
    ])
  })

  test('of several kinds are told each for itself', () => {
    notices.dropped('queue', 1)
    notices.dropped('outage buffer', 2)
    pass(0.9)
    expect(told()).toEqual([
      expect.stringMatching(/^1 span dropped: they come faster/),
      expect.stringMatching(/^2 spans dropped: the outage buffer.*SPANWRIGHT_SPOOL_DIR/),
    ])
  })

  test('that a failure follows at once are told with it', () => {
    notices.dropped('queue', 4)
    fail()
    pass(1)
    expect(told()).toEqual([expect.stringMatching(/has failed for 0\.2 s \(1 failed attempt, .*, 4 dropped\)/)])
  })
})

describe('at exit', () => {
  test('what is lost is told before the call returns, together with a failure that was not told yet', () => {
    fail()
    notices.dropped('exit', 1_000)
    expect(lines).toEqual([
      `1000 spans lost at exit: sending them to ${ENDPOINT} failed: connection refused. ` +
        'Cure for connection refused at collector:4318.',
    ])
    notices.close()
    expect(lines).toHaveLength(1)
  })

  test('a backend that never answered is told as that', () => {
    notices.dropped('exit', 1)
    expect(told()).toEqual([
      `1 span lost at exit: sending them to ${ENDPOINT} failed: no answer in time. Cure for no answer in time at collector:4318.`,
    ])
  })

  test('the last line also counts what was dropped before', () => {
    failFor(1)
    notices.dropped('outage buffer', 50)
    notices.dropped('exit', 1_000)
    notices.close()
    expect(lines.at(-1)).toContain('1000 spans lost at exit (50 dropped before): ')
    expect(lines).toHaveLength(2)
  })
})

describe('close()', () => {
  test('tells at once what was not told yet', () => {
    notices.dropped('queue', 1)
    notices.dropped('queue', 1)
    notices.close()
    expect(told()).toEqual([expect.stringMatching(/^2 spans dropped/)])
  })

  test('tells of a failure that has only just begun', () => {
    fail()
    notices.close()
    expect(told()).toEqual([expect.stringContaining('fails: connection refused')])
  })

  test('tells of drops since the last line of a failure that lasts', () => {
    failFor(1)
    notices.dropped('outage buffer', 8)
    told()
    notices.close()
    expect(told()).toEqual([expect.stringContaining(' 8 dropped')])
  })

  test('is the end: nothing is told afterwards', () => {
    failFor(1)
    notices.close()
    told()
    fail('503')
    notices.dropped('queue', 1)
    notices.dropped('exit', 1)
    notices.close()
    pass(600)
    expect(told()).toEqual([])
  })
})

test('nothing is told of success', () => {
  notices.onEvent({ kind: 'exporting', id: 1, again: false })
  notices.onEvent({ kind: 'settled', id: 1, exported: 512, failed: 0, reason: '' })
  notices.dropped('refused', 0)
  notices.dropped('exit', 0)
  recover()
  pass(600)
  notices.close()
  expect(lines).toEqual([])
})

test('no timer keeps the process alive', () => {
  const timers = vi.spyOn(globalThis, 'setTimeout')
  fail()
  pass(1)
  recover()
  notices.dropped('queue', 1)
  const results = timers.mock.results.map(({ value }) => (value as NodeJS.Timeout).hasRef())
  expect(results.length).toBeGreaterThanOrEqual(3)
  expect(results).not.toContain(true)
})
