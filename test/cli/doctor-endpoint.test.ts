import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { makeCertificates, type Certificates } from '../helpers/certificates.js'
import { otlpSink, type OtlpSink, type SinkBehaviour } from '../helpers/otlp-sink.js'
import { app, runDoctor, runDoctorInWords, settingOf, type DoctorRun } from './run-doctor.js'

let sink: OtlpSink
beforeAll(async () => {
  sink = await otlpSink()
})
beforeEach(() => sink.reset())
afterAll(() => sink.close())

const look = (env: Record<string, string>): Promise<DoctorRun> => runDoctor([], { env })

describe('without a command, a test span goes to the endpoint', () => {
  test.each([
    ['http/protobuf', 'http'],
    ['http/json', 'http'],
    ['grpc', 'grpc'],
  ])('over %s, by the settings of the SDK', async (protocol, kind) => {
    const run = await look({
      OTEL_EXPORTER_OTLP_ENDPOINT: kind === 'grpc' ? sink.grpcUrl : sink.httpUrl,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-team=payments%20team,authorization=Bearer%20c3cr3t',
      OTEL_SERVICE_NAME: 'checkout',
    })
    expect(run.exitCode).toBe(0)
    expect(run.diagnosis).toMatchObject({
      ok: true,
      summary: 'Tracing is on, and the endpoint takes spans.',
      endpoints: [{ protocol, answer: 'accepted', words: '', cure: '' }],
    })
    expect(run.diagnosis).not.toHaveProperty('ledger')
    expect(sink.faults).toEqual([])
    const [span] = sink.spans()
    expect(span).toMatchObject({ name: 'spanwright doctor', attributes: { 'spanwright.doctor': true } })
    expect(span?.resource.attributes).toMatchObject({ 'service.name': 'checkout' })
    expect(sink.requests[0]?.headers).toMatchObject({ 'x-team': 'payments team', authorization: 'Bearer c3cr3t' })
    expect(settingOf(run.diagnosis, 'headers')).toBe('x-team=***, authorization=*** ← OTEL_EXPORTER_OTLP_HEADERS')
    expect(run.stdout + run.stderr).not.toMatch(/c3cr3t|payments/)
  })

  const REFUSALS: readonly (readonly [string, SinkBehaviour, string, string])[] = [
    ['401', { kind: 'status', http: 401, message: 'no token' }, 'HTTP 401 Unauthorized: no token', 'credentials'],
    ['404', { kind: 'status', http: 404, message: 'nobody here' }, 'HTTP 404 Not Found: nobody here', '/v1/traces'],
    ['a proxy', { kind: 'page', http: 502, html: '<h1>Bad gateway</h1>' }, 'Bad gateway', 'proxy'],
    [
      'partial success',
      { kind: 'partialSuccess', rejectedSpans: 1, errorMessage: 'over the quota' },
      'over the quota',
      'log',
    ],
  ]
  test.each(REFUSALS)('%s: in the words of the server, with a hint', async (_case, behaviour, words, cure) => {
    sink.respondWith(behaviour)
    const run = await look({ OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl })
    expect(run.exitCode).toBe(1)
    expect(run.diagnosis.endpoints[0]?.words).toContain(words)
    expect(run.diagnosis.summary).toContain(words)
    expect(run.diagnosis.problems[0]?.cure).toContain(cure)
  })

  test.each([
    ['nothing listens', () => ({ ENDPOINT: 'http://127.0.0.1:1' }), 'ECONNREFUSED', 'Nothing listens'],
    ['there is no such host', () => ({ ENDPOINT: 'http://no-such-host.invalid' }), /ENOTFOUND|EAI_AGAIN/, 'No host'],
    ['HTTP to the port for gRPC', () => ({ ENDPOINT: sink.grpcUrl }), 'Expected HTTP', 'PROTOCOL=grpc'],
    [
      'gRPC to the port for HTTP',
      () => ({ ENDPOINT: sink.httpUrl, PROTOCOL: 'grpc' }),
      'UNAVAILABLE',
      'PROTOCOL=http/protobuf',
    ],
    [
      'TLS to a server without',
      () => ({ ENDPOINT: sink.httpUrl.replace('http:', 'https:') }),
      'wrong version number',
      'http:// instead of https://',
    ],
  ])('%s: that is reported', async (_case, settings, words, cure) => {
    const env = Object.entries(settings()).map(([name, value]) => [`OTEL_EXPORTER_OTLP_${name}`, value])
    const run = await look(Object.fromEntries(env) as Record<string, string>)
    expect(run.exitCode).toBe(1)
    expect(run.diagnosis.endpoints[0]?.words).toMatch(words)
    expect(run.diagnosis.problems[0]?.cure).toContain(cure)
  })

  test('a backend that hangs is given up after the timeout that is configured', async () => {
    sink.respondWith({ kind: 'hang' })
    const run = await look({ OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl, OTEL_EXPORTER_OTLP_TIMEOUT: '400' })
    expect(run.diagnosis.endpoints[0]?.words).toBe('no answer in 400 ms')
    expect(run.diagnosis.problems[0]?.cure).toContain('OTEL_EXPORTER_OTLP_TIMEOUT')
    expect(run.exitCode).toBe(1)
  })

  describe('over TLS', () => {
    let certificates: Certificates
    let tlsSink: OtlpSink
    beforeAll(async () => {
      certificates = await makeCertificates()
      tlsSink = await otlpSink({ tls: certificates, mutualTls: true })
    })
    afterAll(async () => {
      await tlsSink.close()
      await certificates.remove()
    })

    test.each(['http', 'grpc'])('with the certificates that are configured, by %s', async (kind) => {
      const { caPath, client } = certificates
      const run = await look({
        OTEL_EXPORTER_OTLP_ENDPOINT: kind === 'grpc' ? tlsSink.grpcUrl : tlsSink.httpUrl,
        OTEL_EXPORTER_OTLP_PROTOCOL: kind === 'grpc' ? 'grpc' : 'http/protobuf',
        OTEL_EXPORTER_OTLP_CERTIFICATE: caPath,
        OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: client.certificatePath,
        OTEL_EXPORTER_OTLP_CLIENT_KEY: client.keyPath,
      })
      expect(run.diagnosis).toMatchObject({ ok: true, endpoints: [{ answer: 'accepted' }] })
      expect(settingOf(run.diagnosis, 'certificate')).toBe(`${caPath} ← OTEL_EXPORTER_OTLP_CERTIFICATE`)
    })

    test('without the CA, the hint names its variable', async () => {
      const run = await look({ OTEL_EXPORTER_OTLP_ENDPOINT: tlsSink.httpUrl })
      expect(run.diagnosis.problems[0]?.cure).toContain('OTEL_EXPORTER_OTLP_CERTIFICATE')
      expect(run.exitCode).toBe(1)
    })
  })

  test('a sampler that keeps nothing is status 1 also where the endpoint answers', async () => {
    const run = await look({ OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl, OTEL_TRACES_SAMPLER: 'always_off' })
    expect(run.diagnosis.summary).toBe('No span is sampled: the sampler is AlwaysOffSampler.')
    expect(run.diagnosis.endpoints).toMatchObject([{ answer: 'accepted' }])
    expect(run.exitCode).toBe(1)
  })

  test.each([
    ['disabled', { OTEL_SDK_DISABLED: 'true' }, 'Tracing is off: OTEL_SDK_DISABLED=true disables it.'],
    ['console', { OTEL_TRACES_EXPORTER: 'console' }, /^Spans are not sent: they are printed/],
    ['none', { OTEL_TRACES_EXPORTER: 'none' }, /^Spans are not sent: there is no exporter/],
  ])('%s: nothing is sent', async (_case, env, summary) => {
    const run = await look({ OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl, ...env })
    expect(run.diagnosis.summary).toMatch(summary)
    expect(run.exitCode).toBe(1)
    expect(sink.requests).toEqual([])
  })
})

test('an endpoint that fails is reported also where the app made no span, and once where it did', async () => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }
  const without = await runDoctor(['--', 'node', app('nothing.cjs')], { env })
  expect(without.diagnosis.problems).toMatchObject([
    { problem: 'The app made no span.' },
    { cure: expect.stringContaining('Nothing listens') as string },
  ])
  const withSpan = await runDoctor(['--', 'node', app('one-span.cjs')], { env })
  expect(withSpan.diagnosis.problems).toMatchObject([{ problem: expect.stringContaining('ECONNREFUSED') as string }])
  expect(withSpan.diagnosis.ledger).toMatchObject({ started: 1, exported: 0, droppedAtExit: 1 })
})

describe('each setting has its source', () => {
  test('a variable, the one that takes precedence over it, or the default', async () => {
    const { diagnosis } = await look({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `http://ada:l0velace@${new URL(sink.tracesUrl).host}/v1/traces?key=abc`,
      OTEL_RESOURCE_ATTRIBUTES: 'service.version=1.2.3',
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.25',
      OTEL_BSP_SCHEDULE_DELAY: '100',
    })
    const host = new URL(sink.tracesUrl).host
    expect(settingOf(diagnosis, 'endpoint')).toBe(
      `http://***@${host}/v1/traces?*** ← OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`,
    )
    expect(settingOf(diagnosis, 'service.version')).toBe('1.2.3 ← OTEL_RESOURCE_ATTRIBUTES')
    expect(settingOf(diagnosis, 'service.name')).toBe('unknown_service:node ← default')
    expect(settingOf(diagnosis, 'sampler')).toMatch(/^ParentBased\{.*0\.25.*\} ← OTEL_TRACES_SAMPLER$/)
    expect(settingOf(diagnosis, 'batch.scheduledDelayMillis')).toBe('100 ← OTEL_BSP_SCHEDULE_DELAY')
    expect(settingOf(diagnosis, 'batch.maxQueueSize')).toBe('2048 ← default')
    expect(diagnosis.ignored).toEqual([
      { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', why: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT takes precedence' },
    ])
    expect(JSON.stringify(diagnosis)).not.toMatch(/l0velace|key=abc/)
  })

  test('an endpoint with port 4317 means gRPC', async () => {
    const { diagnosis } = await look({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4317' })
    expect(settingOf(diagnosis, 'protocol')).toBe('grpc ← port 4317 of the endpoint')
  })

  test('variables that are wrong or misspelt are ignored, and why', async () => {
    const { diagnosis } = await look({
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl,
      OTEL_TRACES_SAMPLER: 'sometimes',
      OTEL_BSP_SCHEDULE_DELAY: 'soon',
      OTEL_PROPAGATORS: 'b3,pigeon',
      OTEL_EXPORTER_OTLP_TIMEOUT: '-1',
      OTEL_EXPORTER_OTPL_HEADERS: 'a=b',
    })
    expect(settingOf(diagnosis, 'sampler')).toBe('ParentBased{AlwaysOnSampler} ← default')
    expect(settingOf(diagnosis, 'batch.scheduledDelayMillis')).toBe('5000 ← default')
    expect(settingOf(diagnosis, 'timeout')).toBe('10000 ms ← default')
    expect(settingOf(diagnosis, 'propagators')).toBe('b3 ← OTEL_PROPAGATORS')
    const ignored = Object.fromEntries(diagnosis.ignored.map(({ name, why }) => [name, why]))
    expect(Object.keys(ignored).sort()).toEqual([
      'OTEL_BSP_SCHEDULE_DELAY',
      'OTEL_EXPORTER_OTLP_TIMEOUT',
      'OTEL_EXPORTER_OTPL_HEADERS',
      'OTEL_PROPAGATORS',
      'OTEL_TRACES_SAMPLER',
    ])
    expect(ignored.OTEL_BSP_SCHEDULE_DELAY).toContain('got "soon"; the default is used')
    expect(ignored.OTEL_PROPAGATORS).toContain('there is no "pigeon"')
    expect(ignored.OTEL_EXPORTER_OTPL_HEADERS).toContain('misspelt')
  })

  test('with a configuration file, variables count for nothing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'config-'))
    try {
      const file = join(folder, 'tracing.yaml')
      const exporter = `{ otlp_http: { endpoint: "${sink.tracesUrl}", headers: [{ name: x-key, value: t0psecret }] } }`
      await writeFile(
        file,
        `file_format: '1.0'\ntracer_provider: { processors: [{ batch: { exporter: ${exporter} } }] }\n`,
      )
      const run = await look({ OTEL_CONFIG_FILE: file, OTEL_TRACES_SAMPLER: 'always_off' })
      expect(run.diagnosis.ok).toBe(true)
      expect(sink.requests[0]?.headers['x-key']).toBe('t0psecret')
      expect(settingOf(run.diagnosis, 'endpoint')).toBe(`${sink.tracesUrl} ← OTEL_CONFIG_FILE`)
      expect(settingOf(run.diagnosis, 'headers')).toBe('x-key=*** ← OTEL_CONFIG_FILE')
      expect(run.diagnosis.ignored).toMatchObject([{ name: 'OTEL_TRACES_SAMPLER' }])
      expect(run.stdout).not.toContain('t0psecret')
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('what the app has set before it started counts, also for the test span', async () => {
    const run = await runDoctor(['--', 'node', app('early-variables.mjs')], {
      env: { ENDPOINT_FOR_LATER: sink.httpUrl, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' },
    })
    expect(run.diagnosis).toMatchObject({ ok: true, endpoints: [{ answer: 'accepted' }] })
    expect(settingOf(run.diagnosis, 'endpoint')).toBe(`${sink.tracesUrl} ← OTEL_EXPORTER_OTLP_ENDPOINT`)
  })
})

describe('in words', () => {
  test('there are the sections, no colours, and the hint beneath what is wrong', async () => {
    const { stdout, exitCode } = await runDoctorInWords([], {
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' },
    })
    expect(stdout).toMatch(
      /^\nTracing\n {2}on, started by this command.*\n\nSettings\n {2}service\.name +unknown_service/,
    )
    expect(stdout).toMatch(
      /\n✗ No span can be delivered: http:\/\/127\.0\.0\.1:1\/v1\/traces .*\n {2}Nothing listens at .*\n$/,
    )
    expect(stdout).not.toContain('\u001b')
    expect(exitCode).toBe(1)
  })
})
