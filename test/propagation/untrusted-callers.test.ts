import { beforeAll, describe, expect, test } from 'vitest'
import type { ReceivedSpan } from '../helpers/otlp-sink.js'
import { runTracedApp } from '../helpers/traced-app.js'

// Real servers of HTTP/1 and HTTP/2, and messages, under `trustIncoming` as a function.

const OUTSIDE = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' }
/** Without the stranger's tracestate. */
const LINK = { ...OUTSIDE, traceState: '', attributes: { 'spanwright.link.reason': 'untrusted caller' } }

let spans: readonly ReceivedSpan[]
beforeAll(async () => {
  const run = await runTracedApp('propagation/untrusted.mjs', { withoutFlag: true })
  expect(run.said).toEqual([])
  expect(run.exitCode).toBe(0)
  spans = run.spans
})

/** The entry of a request, a message or a job: what all others in its trace are below of. */
function entriesOf(what: string, sender: string): ReceivedSpan[] {
  const names = [`process ${what}/${sender}`, `${what}/${sender}`]
  return spans.filter(
    ({ kind, name, attributes }) =>
      names.includes(name) || (kind === 'SERVER' && attributes['url.path'] === `/${what}/${sender}`),
  )
}

const ROOTS = ['http', 'http2', 'alone', 'job']
const ALL = [...ROOTS, 'inside', 'batch']

describe.each(['stranger', 'b3'])('what came in from a %s', (sender) => {
  test.each(ROOTS)('starts a trace of its own, with a link to the one outside: %s', (what) => {
    const [entry, ...others] = entriesOf(what, sender)
    expect(others).toEqual([])
    expect(entry?.traceId).not.toBe(OUTSIDE.traceId)
    expect(entry?.parentSpanId).toBeUndefined()
    expect(entry?.links).toMatchObject([LINK])
  })

  test('is linked to where a span is around: a message is a child of that, and a batch links to each sender', () => {
    const [inside] = entriesOf('inside', sender)
    expect(inside?.links).toMatchObject([LINK])
    expect(spans.find(({ spanId }) => spanId === inside?.parentSpanId)?.name).toBe('around')
    const batches = entriesOf('batch', sender)
    expect(batches.map(({ links }) => links)).toMatchObject([[LINK], [LINK]])
    expect(new Set(batches.map(({ traceId }) => traceId)).size).toBe(1)
  })
})

test('only the entries have the link: neither what is below them nor traces that start in their handlers', () => {
  const others = spans.filter(({ name }) => ['below', 'own trace', 'around'].includes(name))
  expect(others.length).toBeGreaterThan(30)
  expect(others.flatMap(({ links }) => links)).toEqual([])
})

test.each(ALL)('who is trusted is continued, without such a link: %s', (what) => {
  const entries = entriesOf(what, 'gateway')
  expect(entries.some(({ traceId }) => traceId === OUTSIDE.traceId)).toBe(true)
  expect(JSON.stringify(entries.map(({ links }) => links))).not.toContain('untrusted')
})

test.each(ROOTS)('where no trace came in there is no link: %s', (what) => {
  expect(entriesOf(what, 'nobody').map(({ links }) => links)).toEqual([[]])
})
