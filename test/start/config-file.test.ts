import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeCertificates } from '../helpers/certificates.js'
import { otlpSink, type OtlpSink } from '../helpers/otlp-sink.js'
import { fixture, runTracedApp, type TracedRun } from '../helpers/traced-app.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'config file '))
})
afterAll(() => rm(folder, { recursive: true }))

async function run(yaml: string, sink: OtlpSink, env: Record<string, string> = {}, size = '5'): Promise<TracedRun> {
  const file = join(folder, 'tracing.yaml')
  await writeFile(file, yaml)
  return runTracedApp('probe.mjs', { sink, args: [size], env: { OTEL_CONFIG_FILE: file, ...env } })
}

describe('OTEL_CONFIG_FILE', () => {
  test('sets up resource, limits, propagators, sampler and exporter, and no other variable is looked at', async () => {
    await using sink = await otlpSink()
    const result = await run(await readFile(fixture('tracing.yaml'), 'utf8'), sink, {
      SINK_URL: sink.tracesUrl,
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
      OTEL_EXPORTER_OTLP_HEADERS: 'x-leak=1',
      OTEL_SERVICE_NAME: 'from-environment',
      OTEL_TRACES_SAMPLER: 'always_off',
      OTEL_SDK_DISABLED: 'true',
      OTEL_PROPAGATORS: 'tracecontext',
      OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '1',
    })
    expect(result.stderr).not.toContain('spanwright')
    const probe = result.spans.find(({ name }) => name === 'probe')
    expect(probe?.resource.attributes).toMatchObject({ 'service.name': 'from-file', shards: 4, team: 'payments' })
    expect(Object.keys(probe?.attributes ?? {})).toHaveLength(2)
    expect(probe?.events).toHaveLength(1)
    expect(Object.keys(JSON.parse(result.stdout) as object)).toEqual(['b3'])
    expect(sink.requests[0]).toMatchObject({
      protocol: 'http/json',
      compression: 'gzip',
      headers: { 'x-team': 'payments' },
    })
    expect(sink.requests[0]?.headers).not.toHaveProperty('x-leak')
    expect(sink.requests.length).toBe(result.spans.length)
  })

  test('substitutes variables, so that a ratio can come from one', async () => {
    await using sink = await otlpSink()
    const yaml = await readFile(fixture('tracing.yaml'), 'utf8')
    const result = await run(yaml, sink, { SINK_URL: sink.tracesUrl, RATIO: '0' })
    expect(result).toMatchObject({ spans: [], said: [], exitCode: 0 })
  })

  test('sends by gRPC over TLS with the certificates that it names', async () => {
    await using certificates = await makeCertificates()
    await using sink = await otlpSink({ tls: certificates, mutualTls: true })
    const result = await run(
      `file_format: '1.0'
tracer_provider:
  processors:
    - simple:
        exporter:
          otlp_grpc:
            endpoint: ${sink.grpcUrl}
            tls:
              ca_file: ${certificates.caPath}
              cert_file: ${certificates.client.certificatePath}
              key_file: ${certificates.client.keyPath}
            headers_list: 'x-team=payments'
`,
      sink,
      {},
      '1',
    )
    expect(result.spans.map(({ name }) => name)).toEqual(expect.arrayContaining(['child', 'probe']))
    expect(sink.requests[0]).toMatchObject({ protocol: 'grpc', headers: { 'x-team': 'payments' } })
  })

  test('switches tracing off with disabled: true', async () => {
    await using sink = await otlpSink()
    const result = await run("file_format: '1.0'\ndisabled: true\n", sink)
    expect(result).toMatchObject({ spans: [], said: [], exitCode: 0 })
  })

  test('speaks alone of batching and of the spool, too', async () => {
    await using sink = await otlpSink()
    await sink.down()
    const spool = join(folder, 'not by the environment')
    const result = await run(await readFile(fixture('tracing.yaml'), 'utf8'), sink, {
      SINK_URL: sink.tracesUrl,
      SPANWRIGHT_SPOOL_DIR: spool,
      SPANWRIGHT_EXPORT_THREAD: 'perhaps',
    })
    const ours = result.said.filter((line) => line.startsWith('spanwright: '))
    expect(ours).toEqual([expect.stringMatching(/^spanwright: \d+ spans? lost at exit: .*ECONNREFUSED/)])
    expect(existsSync(spool)).toBe(false)
  })

  test('says so when a certificate that the file names can not be read, and the app runs', async () => {
    await using sink = await otlpSink()
    const otlp = `otlp_http:\n            endpoint: ${sink.tracesUrl}\n            tls:\n              ca_file: /nowhere/ca.pem`
    const result = await run(
      `file_format: '1.0'\ntracer_provider:\n  processors:\n    - batch:\n        exporter:\n          ${otlp}\n`,
      sink,
    )
    expect(result).toMatchObject({ exitCode: 0, spans: [] })
    expect(result.said).toEqual([expect.stringMatching(/^spanwright: 2 spans lost at exit: .*\/nowhere\/ca\.pem/)])
  })

  test.each([
    ['is not there', undefined],
    ['is no YAML', '{{{'],
    ['does not fit the schema', "file_format: '1.0'\ntracer_provider: 5\n"],
    [
      'names a sampler that does not exist',
      "file_format: '1.0'\ntracer_provider:\n  processors: []\n  sampler:\n    dice:\n",
    ],
    ['names a propagator that does not exist', "file_format: '1.0'\npropagator:\n  composite:\n    - pigeon:\n"],
  ])('that %s leaves the app running and untraced, with one warning', async (_why, yaml) => {
    await using sink = await otlpSink()
    const result =
      yaml === undefined
        ? await runTracedApp('probe.mjs', { sink, env: { OTEL_CONFIG_FILE: join(folder, 'nowhere.yaml') } })
        : await run(yaml, sink)
    expect(result).toMatchObject({ spans: [], exitCode: 0, stdout: '{}\n' })
    expect(result.said.join('\n')).toMatch(/^spanwright: OTEL_CONFIG_FILE .* can't be used, the app is not traced: /)
    expect(result.said.filter((line) => line.startsWith('spanwright:'))).toHaveLength(1)
  })
})
