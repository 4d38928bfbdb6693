import { expect, test } from 'vitest'
import { runTracedApp } from '../helpers/traced-app.js'

// Some detectors (host.id) need a moment. Who sends before it is over must not be complained of.
test.each([
  ['http/json', 1],
  ['http/json', 3_000],
  ['http/protobuf', 3_000],
])('over %s, %i spans of the first turn arrive at process.exit, and nothing is logged', async (protocol, count) => {
  const args = [String(count), '10', '10']
  const result = await runTracedApp('large-spans.mjs', { args, env: { OTEL_EXPORTER_OTLP_PROTOCOL: protocol } })
  expect(result.said).toEqual([])
  expect(result.spans).toHaveLength(count)
})
