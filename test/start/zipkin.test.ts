import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { runTracedApp } from '../helpers/traced-app.js'

test('OTEL_TRACES_EXPORTER=zipkin sends to OTEL_EXPORTER_ZIPKIN_ENDPOINT', async () => {
  const bodies: string[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      bodies.push(body)
      response.writeHead(202).end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  const result = await runTracedApp('probe.mjs', {
    env: {
      OTEL_TRACES_EXPORTER: 'zipkin',
      OTEL_EXPORTER_ZIPKIN_ENDPOINT: `http://127.0.0.1:${port}/api/v2/spans`,
      OTEL_SERVICE_NAME: 'zipped',
    },
  })
  server.close()

  expect(result).toMatchObject({ spans: [], said: [], exitCode: 0 })
  const spans = bodies.flatMap((body) => JSON.parse(body) as { name: string; localEndpoint: { serviceName: string } }[])
  expect(spans.map(({ name, localEndpoint }) => `${localEndpoint.serviceName}: ${name}`)).toEqual(
    expect.arrayContaining(['zipped: probe', 'zipped: child']),
  )
})
