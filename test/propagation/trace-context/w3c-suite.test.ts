import { ROOT_CONTEXT } from '@opentelemetry/api'
import { once } from 'node:events'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { openCarrier, openedGetter, openedSetter } from '../../../src/propagation/carrier.js'
import { traceContextPropagator } from '../../../src/propagation/trace-context/trace-context-propagator.js'
import { startNode } from '../../helpers/run-node.js'
import { fixture, REPOSITORY } from '../../helpers/traced-app.js'

/*
 * The cases of the test suite that W3C's working group has for Trace Context, at its strictest level: what a service is sent,
 * and what it must send on. The suite itself is a program in Python.
 */

const TRACE = '12345678901234567890123456789012'
const PARENT = '1234567890123456'
const VALID = `00-${TRACE}-${PARENT}-00`

interface Case {
  readonly what: string
  readonly traceparent?: readonly string[]
  readonly tracestate?: readonly string[]
  /** Whether the trace goes on. Otherwise a new one begins. */
  readonly continues: boolean
  /** The `tracestate` that is sent on; undefined: none. */
  readonly sent?: string | undefined
}

const traceparents = (what: string, continues: boolean, ...headers: string[]): Case[] =>
  headers.map((header) => ({ what: `${what}: ${header}`, traceparent: [header], continues }))

const tracestates = (what: string, sent: string | undefined, ...headers: string[]): Case => ({
  what: `tracestate, ${what}`,
  traceparent: [VALID],
  tracestate: headers,
  continues: true,
  sent,
})

const members = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, i) => `bar${from + i}=${from + i}`).join(',')

const ALL_KEY = 'abcdefghijklmnopqrstuvwxyz0123456789_-*/'
const ALL_VALUE = Array.from({ length: 0x7f - 0x20 }, (_, i) => String.fromCharCode(0x20 + i))
  .filter((character) => character !== ',' && character !== '=')
  .join('')

const CASES: readonly Case[] = [
  { what: 'neither header', continues: false },
  { what: 'tracestate alone', tracestate: ['foo=1,bar=2'], continues: false },
  { what: 'traceparent twice', traceparent: [VALID, `00-${TRACE}-${PARENT}-01`], continues: false },
  ...traceparents('valid', true, VALID, `00-${TRACE}-${PARENT}-01`, ` ${VALID}`, `\t${VALID}`, `${VALID} `),
  ...traceparents(
    'a version of the future',
    true,
    `cc-${TRACE}-${PARENT}-01`,
    `cc-${TRACE}-${PARENT}-01-more.and-more`,
  ),
  ...traceparents('version', false, `ff-${TRACE}-${PARENT}-01`, `.0-${TRACE}-${PARENT}-01`, `0.-${TRACE}-${PARENT}-01`),
  ...traceparents(
    'version',
    false,
    `000-${TRACE}-${PARENT}-01`,
    `0-${TRACE}-${PARENT}-01`,
    `cc-${TRACE}-${PARENT}-01.x`,
  ),
  ...traceparents('too long', false, `${VALID}-01`, `${VALID}.`, `${VALID}-what-more`),
  ...traceparents('trace id', false, `00-${'0'.repeat(32)}-${PARENT}-01`, `00-.${TRACE.slice(1)}-${PARENT}-01`),
  ...traceparents('trace id', false, `00-${TRACE}1-${PARENT}-01`, `00-${TRACE.slice(1)}-${PARENT}-01`),
  ...traceparents('parent id', false, `00-${TRACE}-${'0'.repeat(16)}-01`, `00-${TRACE}-.${PARENT.slice(1)}-01`),
  ...traceparents('parent id', false, `00-${TRACE}-${PARENT}1-01`, `00-${TRACE}-${PARENT.slice(1)}-01`),
  ...traceparents('flags', false, `00-${TRACE}-${PARENT}-.0`, `00-${TRACE}-${PARENT}-0.`, `00-${TRACE}-${PARENT}-001`),
  tracestates('two members', 'foo=1,bar=2', 'foo=1,bar=2'),
  tracestates('empty', undefined, ''),
  tracestates('empty behind another', 'foo=1', 'foo=1', ''),
  tracestates('empty before another', 'foo=1', '', 'foo=1'),
  tracestates('several headers', 'foo=1,bar=2,rojo=1,congo=2,baz=3', 'foo=1,bar=2', 'rojo=1,congo=2', 'baz=3'),
  tracestates('a key twice', 'foo=1', 'foo=1,foo=1'),
  tracestates('a key twice, in two headers', 'foo=1', 'foo=1', 'foo=2'),
  tracestates('all characters', `${ALL_KEY}=${ALL_VALUE}`, `${ALL_KEY}=${ALL_VALUE}`),
  tracestates('all characters with a vendor', `${ALL_KEY}@a-z0-9_-*/=1`, `${ALL_KEY}@a-z0-9_-*/=1`),
  tracestates('white space', 'foo=1,bar=2,baz=3', 'foo=1 \t , \t bar=2, \t baz=3'),
  tracestates('white space around', 'foo=1', '\t foo=1 \t'),
  tracestates('a space in a key', undefined, 'foo =1'),
  tracestates('a capital in a key', undefined, 'FOO=1'),
  tracestates('a dot in a key', undefined, 'foo.bar=1'),
  tracestates('an at sign behind', 'foo@=1,bar=2', 'foo@=1,bar=2'),
  tracestates('an at sign in front', undefined, '@foo=1,bar=2'),
  tracestates('at signs', 'foo@@bar=1,foo@bar@baz=2', 'foo@@bar=1,foo@bar@baz=2'),
  tracestates('32 members', members(1, 32), members(1, 20), members(21, 32)),
  tracestates('33 members', undefined, members(1, 20), members(21, 33)),
  tracestates('a key of 256', `foo=1,${'z'.repeat(256)}=1`, 'foo=1', `${'z'.repeat(256)}=1`),
  tracestates('a key of 257', undefined, 'foo=1', `${'z'.repeat(257)}=1`),
  tracestates('a long vendor', `foo=1,${'t'.repeat(242)}@v=1`, 'foo=1', `${'t'.repeat(242)}@v=1`),
  tracestates('an equals sign in a value', undefined, 'foo=bar=baz'),
  tracestates('an empty value', undefined, 'foo=,bar=3'),
]

type Headers = readonly (readonly [name: string, value: string])[]

const headersOf = ({ traceparent = [], tracestate = [] }: Case): Headers => [
  ...traceparent.map((value) => ['traceparent', value] as const),
  ...tracestate.map((value) => ['tracestate', value] as const),
]

interface SentOn {
  readonly traceparent?: string | undefined
  readonly tracestate?: string | undefined
}

function expectSentOn({ what, continues, sent }: Case, headers: SentOn): void {
  expect(headers.traceparent, what).toMatch(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[0-3]$/)
  expect(headers.traceparent?.slice(3, 35) === TRACE, what).toBe(continues)
  expect(headers.traceparent?.slice(36, 52), what).not.toBe(PARENT)
  expect(headers.tracestate, what).toBe(sent)
}

test.each(CASES)('the helpers extract and inject as the suite wants it: $what', (given) => {
  const propagator = traceContextPropagator()
  const carrier = openCarrier(headersOf(given)) ?? expect.fail()
  const extracted = propagator.extract(ROOT_CONTEXT, carrier, openedGetter)
  const out: { traceparent?: string; tracestate?: string } = {}
  propagator.inject(extracted, openCarrier(out) ?? expect.fail(), openedSetter)
  expect(out.traceparent?.slice(3, 35), given.what).toBe(given.continues ? TRACE : undefined)
  expect(out.tracestate).toBe(given.sent)
})

test.each(['harness-service.cjs', 'harness-service.mjs'])(
  'a service sends on what the suite wants, by http and by fetch: %s',
  async (file) => {
    let received: SentOn = {}
    const harness = createServer((request, response) => {
      received = request.headers as SentOn
      request.resume().on('end', () => response.end('null'))
    }).listen(0, '127.0.0.1')
    await once(harness, 'listening')
    const body = JSON.stringify([
      { url: `http://127.0.0.1:${(harness.address() as AddressInfo).port}/`, arguments: [] },
    ])
    {
      await using service = await startNode({
        args: ['--import', 'spanwright/register', fixture(`propagation/${file}`)],
        cwd: REPOSITORY,
        env: { OTEL_TRACES_EXPORTER: 'none' },
        ready: /listening on (\d+)/,
      })
      for (const path of ['/http', '/fetch']) {
        for (const given of CASES) {
          await post(Number(service.ready[1]), path, headersOf(given), body)
          expectSentOn({ ...given, what: `${path} ${given.what}` }, received)
        }
      }
    }
    harness.close()
  },
)

/** Each header on a line of its own, as it stands. */
async function post(port: number, path: string, headers: Headers, body: string): Promise<void> {
  const request = httpRequest({ port, host: '127.0.0.1', path, method: 'POST', agent: false })
  for (const [name] of headers)
    request.setHeader(
      name,
      headers.filter((header) => header[0] === name).map(([, value]) => value),
    )
  request.end(body)
  const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream]
  await once(response.resume(), 'end')
}
