import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { runTracedApp } from '../helpers/traced-app.js'

interface ZipkinSpan {
  readonly name: string
  readonly timestamp: number
  readonly duration: number
  readonly localEndpoint: { readonly serviceName: string }
  readonly annotations?: readonly { readonly timestamp: number }[]
}

/** Zipkin refuses a batch in which one of the times is no whole number of microseconds. */
const isTaken = ({ timestamp, duration, annotations = [] }: ZipkinSpan): boolean =>
  [timestamp, duration, ...annotations.map((annotation) => annotation.timestamp)].every(Number.isSafeInteger)

test('OTEL_TRACES_EXPORTER=zipkin sends to OTEL_EXPORTER_ZIPKIN_ENDPOINT what Zipkin takes', async () => {
  const bodies: string[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      bodies.push(body)
      response.writeHead((JSON.parse(body) as ZipkinSpan[]).every(isTaken) ? 202 : 400).end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  const result = await runTracedApp('children.mjs', {
    args: ['40'],
    env: {
      OTEL_TRACES_EXPORTER: 'zipkin',
      OTEL_EXPORTER_ZIPKIN_ENDPOINT: `http://127.0.0.1:${port}/api/v2/spans`,
      OTEL_SERVICE_NAME: 'zipped',
    },
  })
  server.close()

  expect(result).toMatchObject({ spans: [], said: [], exitCode: 0 })
  const spans = bodies.flatMap((body) => JSON.parse(body) as ZipkinSpan[])
  expect(spans.filter((span) => !isTaken(span))).toEqual([])
  expect(spans.map(({ name, localEndpoint }) => `${localEndpoint.serviceName}: ${name}`)).toEqual(
    expect.arrayContaining(['zipped: parent', 'zipped: child 0', 'zipped: child 39']),
  )
})
