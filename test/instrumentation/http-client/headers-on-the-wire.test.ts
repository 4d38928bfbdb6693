import { beforeAll, describe, expect, test } from 'vitest'
import { runTracedApp, type TracedRun } from '../../helpers/traced-app.js'

type Line = readonly [shape: string, head: string]

const linesOf = ({ stdout }: TracedRun): Line[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)

/** What tracing adds to a request, and to an answer. */
const withoutOurs = (head: string): string =>
  head
    .replace(/(traceparent\|00-[\da-f-]+|TraceParent\|stale)\|/, '')
    .replace(/\|traceresponse(: |\|)00-[\da-f-]+/, '')
    .replace(/, traceparent;desc="[^"]+"/, '')
    .replace(/\|server-timing(: |\|)traceparent;desc="[^"]+"/i, '')
    .replace(/\|access-control-expose-headers(: |\|)Server-Timing/, '')

/** Two headers of one name that both are to be read as one list may become one. */
const asOneList = (head: string): string =>
  head
    .replace('Server-Timing: a|X-A: 2|Server-Timing: b', 'Server-Timing: a, b|X-A: 2')
    .replace('server-timing|a|server-timing|b', 'server-timing|a, b')
    .replace(/server-timing/gi, 'server-timing')

describe('headers in any shape that Node.js takes', () => {
  let untraced: Line[]
  let traced: Line[]

  beforeAll(async () => {
    const app = 'http/headers-on-the-wire.cjs'
    untraced = linesOf(await runTracedApp(app, { withoutFlag: true }))
    const run = await runTracedApp(app, { env: { SPANWRIGHT_TRACE_RESPONSE_HEADERS: 'traceresponse,server-timing' } })
    expect(run.said).toEqual([])
    traced = linesOf(run)
    expect(untraced.length).toBeGreaterThan(45)
  })

  test('go over the wire as they do without tracing, but for what it adds', () => {
    const heads = (lines: readonly Line[]): Line[] =>
      lines.map(([shape, head]) => [shape, asOneList(withoutOurs(head))])
    expect(heads(traced)).toEqual(heads(untraced))
  })

  test('carry the trace: one traceparent in each request, in the place of a stale one', () => {
    const requests = traced.filter(([shape]) => shape.startsWith('request ') && !shape.includes('without a value'))
    for (const [shape, head] of requests) {
      expect([shape, head.match(/traceparent\|/gi)?.length, head.includes('stale')]).toEqual([shape, 1, false])
    }
  })

  test('tell the trace in each answer: one traceresponse, and one entry in Server-Timing', () => {
    const answers = traced.filter(([shape]) => shape.startsWith('answer '))
    for (const [shape, head] of answers) {
      const counts = [/traceresponse: /g, /server-timing: /gi, /traceparent;desc/g].map(
        (one) => head.match(one)?.length,
      )
      expect([shape, ...counts]).toEqual([shape, 1, 1, 1])
    }
  })
})
