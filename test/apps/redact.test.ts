import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { otlpSink } from '../helpers/otlp-sink.js'
import { runNode } from '../helpers/run-node.js'
import { REPOSITORY, runTracedApp } from '../helpers/traced-app.js'

const REDACTED = 'REDACTED'
const SIGNALS = { OTEL_METRICS_EXPORTER: 'otlp', OTEL_LOGS_EXPORTER: 'otlp' }

test('redact reaches spans, logs, metrics and the resource, before the sampler sees a span', async () => {
  await using sink = await otlpSink()
  const run = await runTracedApp('secrets/redact.mjs', { sink, withoutFlag: true, env: SIGNALS })
  expect(run.said).toEqual([])
  const account = createHash('sha256').update('ada').digest('hex').slice(0, 16)
  const given = { 'user.email': REDACTED, account, 'app.tags': ['[card]', 'b'] }
  expect(JSON.parse(run.stdout)).toEqual([
    ['linked', {}],
    ['pay [card]', given],
  ])
  const paid = run.spans.find(({ name }) => name === 'paid [card]')
  expect(paid?.attributes).toEqual({ ...given, note: 'by [card]' })
  expect(paid?.status.message).toBe('refused [card]')
  expect(paid?.links[0]?.attributes).toEqual({ 'user.id': REDACTED })
  expect(
    paid?.events.map(({ name, attributes }) => [name, attributes['user.id'] ?? attributes['exception.message']]),
  ).toEqual([
    ['charged [card]', REDACTED],
    ['exception', 'refused [card]'],
  ])
  expect(paid?.resource.attributes).toMatchObject({ 'user.owner': REDACTED, note: 'card [card]' })
  const [log] = sink.logs()
  expect(log).toMatchObject({ body: 'paid by [card]', attributes: { 'user.email': REDACTED } })
  expect(log?.attributes).not.toHaveProperty('internal.id')
  const sent = inspect([sink.spans(), sink.otherRequests, sink.metricExports()], {
    depth: Infinity,
    maxArrayLength: Infinity,
  })
  expect(sent).not.toMatch(/1234-5678|ada@example|eve@example/)
})

test('measurements that are the same once they are redacted are one series', async () => {
  await using sink = await otlpSink()
  await runTracedApp('secrets/redact.mjs', { sink, withoutFlag: true, env: SIGNALS })
  const last = sink.metricExports().at(-1) ?? []
  const pointsOf = (wanted: string): unknown => last.find(({ name }) => name === wanted)?.points
  expect(pointsOf('payments')).toEqual([{ attributes: { 'user.email': REDACTED, shop: 'a' }, value: 2 }])
  expect(pointsOf('sums')).toEqual([{ attributes: { card: '[card]' }, value: 1 }])
})

test('SPANWRIGHT_REDACT names attributes; a pattern that can explode keeps the app from starting, with a code', async () => {
  const program = `import { startTracing, getTracing, withSpan } from 'spanwright'
    try { startTracing({ redact: [/(a+)+$/] }) } catch (error) { console.log(error.name, error.code, error.option) }
    startTracing()
    withSpan('work', { attributes: { 'user.id': 'ada', kept: 'a' } }, () => {})
    await getTracing().flush()`
  await using sink = await otlpSink()
  const run = await runNode({
    cwd: REPOSITORY,
    args: ['--input-type=module', '--eval', program],
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl, SPANWRIGHT_REDACT: 'user.*, other' },
  })
  expect(run.stdout.trim()).toBe('TracingConfigError ERR_OPTION_PATTERN redact[0]')
  expect(sink.spans()[0]?.attributes).toEqual({ 'user.id': REDACTED, kept: 'a' })
})
