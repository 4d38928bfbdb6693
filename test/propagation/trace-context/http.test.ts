import { defaultTextMapGetter as getter, defaultTextMapSetter as setter, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { createServer, request, type IncomingHttpHeaders, type Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { traceContextPropagator } from '../../../src/propagation/trace-context/trace-context-propagator.js'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const traceparent = `00-${TRACE}-00f067aa0ba902b7-01`
const propagator = traceContextPropagator()

/** Answers with what it would send on, as JSON; Node's parser has made the headers. */
let server: Server
let port: number

beforeAll(async () => {
  server = createServer((incoming, response) => {
    const sent: IncomingHttpHeaders = {}
    const context = propagator.extract(ROOT_CONTEXT, incoming.headers, getter)
    propagator.inject(context, sent, setter)
    response.end(JSON.stringify({ ...sent, traceId: trace.getSpanContext(context)?.traceId }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})

afterAll(() => new Promise((resolve) => server.close(resolve)))

/** Sends header lines as the bytes they are. */
async function answerTo(...lines: string[]): Promise<Record<string, string>> {
  const socket = connect(port, '127.0.0.1')
  const head = ['GET / HTTP/1.1', 'Host: test', 'Connection: close', ...lines].join('\r\n')
  socket.write(Buffer.from(`${head}\r\n\r\n`, 'latin1'))
  let text = ''
  for await (const chunk of socket.setEncoding('utf8')) text += chunk as string
  const body = text.slice(text.indexOf('\r\n\r\n') + 4)
  return JSON.parse(/\{.*\}/.exec(body)?.[0] ?? '{}') as Record<string, string>
}

/** What the server answers to a request of Node's own client with these headers. */
function statusOf(headers: IncomingHttpHeaders): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ port, host: '127.0.0.1', headers, agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode))
    })
    outgoing.on('error', reject).end()
  })
}

test('header names are known in any case', async () => {
  expect(await answerTo(`TraceParent: ${traceparent}`, 'TRACESTATE: a=1')).toEqual({
    traceId: TRACE,
    traceparent,
    tracestate: 'a=1',
  })
})

test('two traceparent headers are not believed', async () => {
  expect(await answerTo(`traceparent: ${traceparent}`, `traceparent: ${traceparent}`, 'tracestate: a=1')).toEqual({})
  const future = traceparent.replace(/^00/, '01')
  expect(await answerTo(`traceparent: ${future}-x`, `traceparent: ${future}-y`)).toEqual({})
})

test('several tracestate headers are one list in their order', async () => {
  const sent = await answerTo(
    `traceparent: ${traceparent}`,
    'tracestate: a=1',
    'tracestate:',
    'tracestate: b=2,a=3,c=  4',
  )
  expect(sent.tracestate).toBe('a=1,b=2,c=  4')
})

test('white space around values does no harm', async () => {
  const sent = await answerTo(`traceparent: \t ${traceparent} \t`, 'tracestate: \t a=1 \t, \t')
  expect(sent).toMatchObject({ traceparent, tracestate: 'a=1' })
})

test('bytes beyond ASCII make a traceparent invalid, and a tracestate as a whole', async () => {
  expect(await answerTo(`traceparent: \u00ff${traceparent}`)).toEqual({})
  expect(await answerTo(`traceparent: ${traceparent.replace('4', '\u00b2')}`)).toEqual({})
  for (const illegal of ['a=\u00e9', '\u00fe=1', 'c=\u0080']) {
    const sent = await answerTo(`traceparent: ${traceparent}`, `tracestate: ${illegal},b=2`)
    expect(sent).toEqual({ traceId: TRACE, traceparent })
  }
})

test('what is sent on can be set as headers of a request', async () => {
  const sent: IncomingHttpHeaders[] = []
  for (const tracestate of ['a=\u0001', 'b="\u007f"', 'd=\r\n', ["c='~!;'", 'e="']]) {
    const carrier: IncomingHttpHeaders = {}
    propagator.inject(propagator.extract(ROOT_CONTEXT, { traceparent, tracestate }, getter), carrier, setter)
    expect(await statusOf(carrier)).toBe(200)
    sent.push(carrier)
  }
  const illegal = { traceparent }
  expect(sent).toEqual([illegal, illegal, illegal, { traceparent, tracestate: `c='~!;',e="` }])
})
