import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { TracingLedger } from '../../src/index.js'
import { runTracedApp, type TracedRun } from '../helpers/traced-app.js'

const run = (env: Record<string, string>, options: object = {}, ...more: string[]): Promise<TracedRun> =>
  runTracedApp('ledger.mjs', { withoutFlag: true, env, args: [JSON.stringify(options), ...more] })

const ledgerOf = ({ stdout }: TracedRun): TracingLedger =>
  JSON.parse(stdout.split('\n').find((line) => line.startsWith('{')) ?? '') as TracingLedger

test.each<[string, Record<string, string>, object]>([
  ['a queue in the environment that is smaller than the default batch', { OTEL_BSP_MAX_QUEUE_SIZE: '4' }, {}],
  ['such a queue as an option', {}, { batch: { maxQueueSize: 4 } }],
])('%s costs no span, and nothing is logged', async (_what, env, options) => {
  const result = await run(env, options)
  expect(result).toMatchObject({ said: [], exitCode: 0 })
  expect(result.spans).toHaveLength(10)
  expect(ledgerOf(result)).toMatchObject({ started: 10, exported: 10 })
})

test('a batch in the environment that is larger than the default queue costs no span, and is logged once', async () => {
  const result = await run({ OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '4096' })
  expect(result.spans).toHaveLength(10)
  expect(result.said).toEqual([expect.stringMatching(/EXPORT_BATCH_SIZE .* is 4096, .*; 2048 is used for both$/)])
})

test('an exporter object does well with a queue that is smaller than the default batch', async () => {
  const result = await run({}, { batch: { maxQueueSize: 100 } }, 'own exporter')
  expect(result.stdout).toMatch(/^10 exported\n/)
  expect(ledgerOf(result)).toMatchObject({ started: 10, exported: 10 })
})

test('numbers of a configuration file that can be used nowhere are logged once, and the defaults are used', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'spanwright config-')), 'tracing.yaml')
  const lines = [
    'file_format: "1.0"',
    'tracer_provider:',
    '  processors:',
    '    - batch:',
    '        schedule_delay: 99999999999',
    '        max_queue_size: 4',
    '        exporter: { otlp_http: { endpoint: "${OTEL_EXPORTER_OTLP_ENDPOINT}/v1/traces" } }',
  ]
  await writeFile(file, lines.join('\n'))
  const result = await run({ OTEL_CONFIG_FILE: file })
  expect(result.spans).toHaveLength(10)
  expect(result.said).toEqual([expect.stringMatching(/scheduledDelayMillis must be .*; the default is used$/)])
})

test('what no exporter got is not counted as exported', async () => {
  const unusable = await run({ OTEL_TRACES_EXPORTER: 'zipkin', OTEL_EXPORTER_ZIPKIN_ENDPOINT: 'not a URL' })
  expect(ledgerOf(unusable)).toMatchObject({ started: 10, exported: 0, droppedExportFailed: 10 })
  expect(unusable.said[0]).toBe('spanwright: no spans are sent by zipkin: Invalid URL')

  const besides = await run({ OTEL_TRACES_EXPORTER: 'zipkin,otlp', OTEL_EXPORTER_ZIPKIN_ENDPOINT: 'not a URL' })
  expect(ledgerOf(besides)).toMatchObject({ started: 10, exported: 10 })

  const none = await run({ OTEL_TRACES_EXPORTER: 'none' })
  expect(ledgerOf(none)).toMatchObject({ started: 10, exported: 0, sampledOut: 10 })
  expect(none.said).toEqual([])
})
