import { beforeAll, describe, expect, test } from 'vitest'
import type { ReceivedSpan } from '../../helpers/otlp-sink.js'
import { runTracedApp } from '../../helpers/traced-app.js'

// Plain requests take the short way, and those of an option that concerns them upstream's: both have to say the same.
const OPTIONS = { '@opentelemetry/instrumentation-http': { headersToSpanAttributes: { server: {} } } }

describe.each([
  ['by the short way', undefined],
  ['by the way of upstream', OPTIONS],
])('a request that comes to no good end, %s', (_way, instrumentationConfig) => {
  let spans: readonly ReceivedSpan[]

  beforeAll(async () => {
    const run = await runTracedApp('http/aborted.cjs', {
      args: [JSON.stringify({ instrumentationConfig })],
      env: { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'net,dns' },
      timeoutMillis: 20_000,
      withoutFlag: true,
    })
    expect([run.exitCode, run.said]).toEqual([0, []])
    spans = run.spans
  })

  const pathOf = ({ attributes }: ReceivedSpan): string =>
    decodeURIComponent(
      new URL((attributes['url.full'] ?? attributes['url.path']) as string, 'http://a').pathname.slice(1),
    )

  const outcome = (kind: 'SERVER' | 'CLIENT', path: string): unknown[] => {
    const found = spans.filter((span) => span.kind === kind && pathOf(span) === path)
    expect([path, found.length]).toEqual([path, 1])
    return found.flatMap(({ attributes, status }) => [
      attributes['http.response.status_code'],
      status.code,
      attributes['error.type'],
    ])
  }

  test.each([
    ['client ends the socket', [undefined, 'ERROR', 'client_disconnected']],
    ['client resets the socket', [undefined, 'ERROR', 'client_disconnected']],
    ['answers late', [undefined, 'ERROR', 'client_disconnected']],
    ['part', [200, 'ERROR', 'client_disconnected']],
    ['destroys socket', [undefined, 'ERROR', 'socket_destroyed']],
    ['destroys response', [undefined, 'ERROR', 'TypeError']],
    ['breaks off', [200, 'ERROR', 'socket_destroyed']],
    // How long it listens to events is for the client to say.
    ['events', [200, 'UNSET', undefined]],
  ])('shows on the server span, with no status that was not sent: %s', (path, expected) => {
    expect(outcome('SERVER', path)).toEqual(expected)
  })

  test.each([
    ['destroys socket', [undefined, 'ERROR', 'ECONNRESET']],
    ['breaks off', [200, 'ERROR', 'ECONNRESET']],
    ['http timed out', [undefined, 'ERROR', 'TimeoutError']],
    ['fetch timed out', [undefined, 'ERROR', 'TimeoutError']],
    ['destroys socket/of fetch', [undefined, 'ERROR', 'UND_ERR_SOCKET']],
  ])('shows on the client span, by a type that is a text: %s', (path, expected) => {
    expect(outcome('CLIENT', path)).toEqual(expected)
  })

  test.each([
    ['http aborted', [undefined, 'UNSET', undefined]],
    ['fetch aborted', [undefined, 'UNSET', undefined]],
    ['part/of http', [200, 'UNSET', undefined]],
  ])('is no error of the client that has given it up: %s', (path, expected) => {
    expect(outcome('CLIENT', path)).toEqual(expected)
  })
})
