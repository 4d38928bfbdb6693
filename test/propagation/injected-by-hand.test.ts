import { expect, test } from 'vitest'
import { runTracedApp } from '../helpers/traced-app.js'

test('headers that the app injects itself do not stand there twice, by http and by fetch', async () => {
  const { stdout, spans, said } = await runTracedApp('propagation/injected-by-hand.mjs')
  const got = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { traceparent: string; baggage: string })
  const clients = spans.filter(({ kind }) => kind === 'CLIENT')
  expect(clients).toHaveLength(2)
  expect(got.map(({ traceparent }) => traceparent)).toEqual(
    clients.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-03`),
  )
  expect(got[0]?.baggage).toBe('tenant=acme')
  expect(said).toEqual([])
})
