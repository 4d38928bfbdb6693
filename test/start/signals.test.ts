import { expect, test } from 'vitest'
import { runTracedApp } from '../helpers/traced-app.js'

test('neither metrics nor logs start without being asked for', async () => {
  const result = await runTracedApp('other-signals.mjs')
  expect(result).toMatchObject({ stdout: 'meter off, logger off\n', exitCode: 0, said: [] })
})

test('metrics start when OTEL_METRICS_EXPORTER names an exporter', async () => {
  const result = await runTracedApp('other-signals.mjs', { env: { OTEL_METRICS_EXPORTER: 'console' } })
  expect(result.stdout).toContain('meter on, logger off')
})

test('logs start when OTEL_LOGS_EXPORTER names an exporter', async () => {
  const result = await runTracedApp('other-signals.mjs', { env: { OTEL_LOGS_EXPORTER: 'console' } })
  expect(result.stdout).toContain('meter off, logger on')
})
