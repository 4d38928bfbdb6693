import { request, type IncomingHttpHeaders } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { TraceChanges, TraceDetail, TraceList, TraceOpening } from '../../../src/viewer/serve/wire.js'
import { decodedSpans } from '../../../src/viewer/page/state/decode.js'
import type { SeenKeys } from '../../../src/viewer/query/suggest.js'
import { logOf, shopTraceId, shopTraces, wideTrace } from '../helpers/shop.js'
import { startPageApp, type PageApp } from '../helpers/page-app.js'
import { span, traceId } from '../helpers/spans.js'

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

describe('the page and its data', () => {
  let app: PageApp

  beforeEach(async () => {
    app = await startPageApp()
  })
  afterEach(() => app.close())

  const ask = (path: string, headers: Record<string, string> = {}, method = 'GET', body = ''): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const asked = request(`${app.url}${path}`, { method, headers, agent: false }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) })
        })
      })
      asked.on('error', reject)
      asked.end(body)
    })
  const json = async <T>(path: string): Promise<T> => JSON.parse((await ask(path)).body.toString()) as T

  test('is one page for every view, stored and sent gzipped, without anything inline or from elsewhere', async () => {
    for (const path of ['/', `/t/${shopTraceId(1)}?s=1`, '/map', '/flame', '/compare?a=1&b=2']) {
      const { status, headers, body } = await ask(path, { 'accept-encoding': 'gzip' })
      expect(status).toBe(200)
      expect(headers['content-encoding']).toBe('gzip')
      const html = gunzipSync(body).toString()
      expect(html).toContain('<script type="module" src="/assets/main.js"></script>')
      expect(html).not.toMatch(/<style|style=|onclick|<script>|https:/)
    }
    const plain = await ask('/assets/main.css')
    expect(plain.headers['content-encoding']).toBeUndefined()
    expect(plain.body.toString()).toContain('--ground')
    const again = await ask('/assets/main.css', { 'if-none-match': plain.headers.etag ?? '' })
    expect([again.status, again.body.length]).toEqual([304, 0])
    expect((await ask('/assets/../package.json')).status).toBe(404)
    expect((await ask('/assets/%2e%2e%2findex.cjs')).status).toBe(404)
  })

  test('lets nothing inline run, nothing frame the page, and no other origin read it', async () => {
    for (const path of ['/', '/api/state', '/assets/main.js', '/api/none']) {
      const { headers } = await ask(path)
      expect(headers['content-security-policy']).toMatch(
        /^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:;/,
      )
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
      expect(headers['x-content-type-options']).toBe('nosniff')
      expect(headers['cross-origin-resource-policy']).toBe('same-origin')
      expect(headers['access-control-allow-origin']).toBeUndefined()
    }
  })

  test.each([
    [
      'a script of another site',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' },
    ],
    ['a page on another port', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' }],
    ['a frame', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }],
    [
      'a navigation to the data itself',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    ],
    ['a browser that names only the origin', { origin: 'http://evil.test' }],
    ['an origin that is none', { origin: 'null' }],
  ])('is not for %s', async (_, headers) => {
    app.store.add(shopTraces(1))
    const refused = await ask('/api/traces', headers)
    expect(refused.status).toBe(403)
    expect(refused.body.toString()).not.toContain('GET /orders')
    expect((await ask('/api/clear', { ...headers, 'content-type': 'application/json' }, 'POST', '{}')).status).toBe(403)
    expect(app.store.counts().traces).toBe(1)
  })

  test('opens by a link from elsewhere, since the page holds no data by itself', async () => {
    const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
    expect((await ask('/t/abc', link)).status).toBe(200)
    expect((await ask('/', { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' })).status).toBe(200)
    expect((await ask('/api/state', { 'sec-fetch-site': 'same-origin', origin: app.url })).status).toBe(200)
  })

  test('a form of another page can change nothing: its types are refused', async () => {
    app.store.add(shopTraces(1))
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      expect((await ask('/api/clear', { 'content-type': type }, 'POST', '{}')).status).toBe(403)
    }
    expect((await ask('/api/clear', {}, 'POST', '{}')).status).toBe(403)
    expect(app.store.counts().traces).toBe(1)
    expect((await ask('/api/clear', { 'content-type': 'application/json' }, 'POST', '{}')).status).toBe(200)
    expect(app.store.counts().traces).toBe(0)
  })

  test('lists the newest traces first, by query, and says what is wrong with one that it cannot read', async () => {
    app.store.add(shopTraces(12))
    const all = await json<TraceList>('/api/traces')
    expect(all.rows).toHaveLength(12)
    expect(all.rows.at(-1)?.traceId).toBe(shopTraceId(1))
    const two = await json<TraceList>('/api/traces?limit=2')
    expect([two.rows.length, two.hasMore]).toEqual([2, true])
    const failed = await json<TraceList>(`/api/traces?q=${encodeURIComponent('status:error service:payments')}`)
    expect(failed.rows.map(({ name, hasError }) => [name, hasError])).toEqual([['POST /checkout', true]])
    const { run = '' } = app.store.summaries()[0] ?? {}
    expect(run).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    for (const [query, count] of [
      [`run:${run}`, 12],
      [`run:${run.slice(0, 10)}*`, 12],
      [`-run:${run}`, 0],
      ['run:1999*', 0],
    ] as const) {
      expect([query, (await json<TraceList>(`/api/traces?q=${encodeURIComponent(query)}`)).rows.length]).toEqual([
        query,
        count,
      ])
    }
    expect((await json<SeenKeys>('/api/keys')).values.run).toEqual([run])
    const wrong = await json<TraceList>(`/api/traces?q=${encodeURIComponent('duration>soon')}`)
    expect(wrong.rows).toEqual([])
    expect(wrong.error?.message).toMatch(/\S/)
    expect('duration>soon'.slice(wrong.error?.start, wrong.error?.end)).toContain('soon')
  })

  test('gives a trace with its logs and findings, long texts cut, and each span whole on demand', async () => {
    const long = 'x'.repeat(5000)
    const first = span({ attributes: { 'gen_ai.prompt': long, large: 12_345_678_901_234_567_890n } })
    app.store.add([first, span({ spanId: 'b', parent: first.spanId, name: 'child' })])
    app.store.addLogs([logOf(first, 'half full')])
    const detail = await json<TraceDetail>(`/api/traces/${traceId(1)}`)
    expect(detail.spans.map(({ name }) => name)).toEqual(['GET /orders', 'child'])
    expect(detail.resources).toHaveLength(2)
    expect(detail.spans[0]?.attributes?.['gen_ai.prompt']).toHaveLength(2049)
    expect(detail.spans[0]?.cut).toEqual({ 'gen_ai.prompt': 5000 })
    expect(detail.spans[0]?.attributes?.large).toBe('12345678901234567890')
    expect(detail.logs.map(({ body }) => body)).toEqual(['half full'])
    const whole = await json<{ span: { attributes: Record<string, string> } }>(
      `/api/traces/${traceId(1)}/spans/${first.spanId}`,
    )
    expect(whole.span.attributes['gen_ai.prompt']).toBe(long)
    expect((await ask(`/api/traces/${traceId(2)}`)).status).toBe(404)
    expect((await ask('/api/traces/%zz')).status).toBe(400)
  })

  test('opens a large trace with its first rows, and then has its spans by column', async () => {
    const wide = wideTrace(3000)
    const [root] = wide
    if (!root) throw new Error('no root')
    const path = `/api/traces/${root.traceId}`
    const odd = [
      { ...root, spanId: 'aa'.repeat(8), parentSpanId: '9662bff0aabbccdd', endMicros: undefined },
      { ...root, spanId: 'ab'.repeat(8), parentSpanId: root.spanId, traceState: 'ot=th:8' },
      { ...root, spanId: 'ac'.repeat(8), parentSpanId: root.spanId, status: 'error' as const, statusMessage: 'no' },
      { ...root, spanId: 'ad'.repeat(8), startMicros: root.startMicros + 0.25, parentSpanId: root.spanId },
    ]
    app.store.add([...wide, ...odd])
    const opening = await json<TraceOpening>(`${path}/opening`)
    expect(opening.head).toMatchObject({
      traceId: root.traceId,
      spanCount: wide.length + odd.length,
      serviceCount: 3,
      root: { service: 'storefront', name: 'GET /report' },
    })
    expect(opening.rows.slice(0, 3).map(({ name, level }) => [name, level])).toEqual([
      ['GET /report', 1],
      ['step 0', 2],
      ['query 0 of 0', 3],
    ])
    expect(opening.rows.length).toBeLessThan(100)
    expect(opening.rowCount).toBeGreaterThan(3000)

    const detail = await json<TraceDetail>(path)
    expect(detail.spans).toEqual([])
    const withoutContent = app.store.spansOf(root.traceId).map((each) => ({ ...each, attributes: {} }))
    expect(decodedSpans(detail)).toEqual(withoutContent)

    // What arrives afterwards is in it.
    app.store.add([{ ...root, spanId: 'ae'.repeat(8), parentSpanId: root.spanId }])
    expect((await json<TraceOpening>(`${path}/opening`)).head.spanCount).toBe(wide.length + odd.length + 1)
    // A small one is sent at once.
    app.store.add(shopTraces(1))
    expect((await json<TraceDetail>(`/api/traces/${shopTraceId(1)}/opening`)).spans).toHaveLength(26)
    expect((await ask(`/api/traces/${traceId(2)}/opening`)).status).toBe(404)
  })

  test('removes all traces, and gives them back within ten seconds', async () => {
    app.store.add(shopTraces(6))
    const post = (path: string): Promise<Answer> => ask(path, { 'content-type': 'application/json' }, 'POST', '{}')
    const before = (await json<TraceList>('/api/traces')).rows.map((row) => row.traceId)
    await post('/api/clear')
    expect((await json<TraceList>('/api/traces')).rows).toEqual([])
    expect((await post('/api/undo')).status).toBe(200)
    expect((await json<TraceList>('/api/traces')).rows.map((row) => row.traceId)).toEqual(before)
    expect((await post('/api/undo')).status).toBe(409)
  })

  test('opens trace files, and says what is wrong with others', async () => {
    const send = (name: string, body: string): Promise<Answer> =>
      ask(`/api/open?name=${name}`, { 'content-type': 'application/octet-stream' }, 'POST', body)
    const zipkin = [
      { traceId: 'ab', id: '1', name: 'get', timestamp: 1, duration: 5, localEndpoint: { serviceName: 'a' } },
    ]
    const opened = await send('zipkin.json', JSON.stringify(zipkin))
    expect(opened.status).toBe(200)
    expect(app.store.counts().spans).toBe(1)
    const wrong = await send('notes.txt', '{"hello": 1}')
    expect(wrong.status).toBe(422)
    expect(wrong.body.toString()).toContain('notes.txt')
  })

  test('what is not of the page is left to others', async () => {
    for (const path of ['/v1/traces', '/favicon.ico', '/t', '/t/a/b', '/mcp']) {
      expect([path, (await ask(path)).headers['content-security-policy']]).toEqual([path, undefined])
    }
  })

  describe('the events', () => {
    interface Message {
      readonly event: string
      readonly id: string
      readonly at: number
      readonly changes: TraceChanges
    }
    const opened: { destroy(): void }[] = []
    afterEach(() => {
      for (const each of opened.splice(0)) each.destroy()
    })

    const listen = (
      path: string,
      headers: Record<string, string> = {},
    ): Promise<{ messages: Message[]; until(done: (messages: Message[]) => boolean): Promise<void> }> =>
      new Promise((resolve, reject) => {
        const messages: Message[] = []
        let check = (): void => {}
        const asked = request(`${app.url}${path}`, { headers, agent: false }, (response) => {
          let text = ''
          response.setEncoding('utf8')
          response.on('error', () => {})
          response.on('data', (chunk: string) => {
            text += chunk
            for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
              const [, event = '', id = '', data = ''] =
                /^event: (\S+)\nid: (\S+)\ndata: (.*)$/.exec(text.slice(0, end)) ?? []
              text = text.slice(end + 2)
              if (event !== '')
                messages.push({ event, id, at: performance.now(), changes: JSON.parse(data) as TraceChanges })
            }
            check()
          })
          resolve({
            messages,
            until: (done) =>
              new Promise((settle) => {
                check = () => {
                  if (done(messages)) settle()
                }
                check()
              }),
          })
        })
        asked.on('error', reject)
        asked.end()
        opened.push(asked)
      })
    const seen = (messages: readonly Message[]): Set<string> =>
      new Set(
        messages
          .filter(({ event }) => event === 'changes')
          .flatMap(({ changes }) => changes.rows.map((row) => row.traceId)),
      )

    test('come four a second at most, however often spans arrive, and leave out none', async () => {
      const stream = await listen('/api/events')
      const timer = setInterval(() => {
        app.store.add(shopTraces(1, { firstId: app.store.counts().traces + 1 }))
      }, 10)
      await stream.until((messages) => messages.length >= 4)
      clearInterval(timer)
      const count = app.store.counts().traces
      await stream.until((messages) => seen(messages).size === count)
      const gaps = stream.messages.slice(1).map(({ at }, index) => at - (stream.messages[index]?.at ?? 0))
      expect(gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length).toBeGreaterThan(200)
    })

    test('go on after a lost connection where the page was, and start anew where the server did', async () => {
      const first = await listen('/api/events')
      app.store.add(shopTraces(2))
      await first.until((messages) => messages.length > 0)
      const id = first.messages.at(-1)?.id ?? ''
      opened.splice(0).forEach((each) => {
        each.destroy()
      })
      app.store.add(shopTraces(3, { firstId: 3 }))
      const second = await listen('/api/events', { 'last-event-id': id })
      await second.until((messages) => messages.length > 0)
      expect(
        [...seen(second.messages)].filter((each) => each === shopTraceId(3) || each === shopTraceId(5)),
      ).toHaveLength(2)
      const other = await listen('/api/events', { 'last-event-id': '7-12' })
      await other.until((messages) => messages.length > 0)
      expect(other.messages[0]?.event).toBe('reset')
    })

    test('hold only what matches, and the trace that is open', async () => {
      const stream = await listen(`/api/events?q=${encodeURIComponent('status:error')}&watch=${shopTraceId(1)}`)
      app.store.add(shopTraces(9))
      await stream.until((messages) => seen(messages).size > 0)
      expect([...seen(stream.messages)]).toEqual([shopTraceId(9)])
      expect(stream.messages[0]?.changes.watched?.traceId).toBe(shopTraceId(1))
    })
  })
})
