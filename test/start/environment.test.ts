import { describe, expect, test } from 'vitest'
import { makeCertificates } from '../helpers/certificates.js'
import { otlpSink, type ReceivedSpan } from '../helpers/otlp-sink.js'
import { runTracedApp, type TracedAppOptions, type TracedRun } from '../helpers/traced-app.js'

const run = (env: Record<string, string>, options: TracedAppOptions = {}): Promise<TracedRun> =>
  runTracedApp('probe.mjs', { ...options, env })

const probe = ({ spans }: TracedRun): ReceivedSpan => {
  const found = spans.find(({ name }) => name === 'probe')
  if (!found) throw new Error(`no probe among: ${spans.map(({ name }) => name).join(', ')}`)
  return found
}
const names = ({ spans }: TracedRun): string[] => spans.map(({ name }) => name).toSorted()
const lengthOf = (value: unknown): number => (typeof value === 'string' ? value.length : NaN)
const headersOf = ({ stdout }: TracedRun): Record<string, string> => JSON.parse(stdout) as Record<string, string>

describe('OTEL_SDK_DISABLED', () => {
  test.each(['true', 'TRUE', ' True '])('switches tracing off by the word %j', async (value) => {
    const result = await run({ OTEL_SDK_DISABLED: value })
    expect(result).toMatchObject({ spans: [], said: [], exitCode: 0 })
  })

  test.each(['false', ''])('leaves tracing on with %j and says nothing', async (value) => {
    const result = await run({ OTEL_SDK_DISABLED: value })
    expect(names(result)).toEqual(['child', 'probe'])
    expect(result.said).toEqual([])
  })

  test.each(['1', 'yes'])('leaves tracing on with %j and says so', async (value) => {
    const result = await run({ OTEL_SDK_DISABLED: value })
    expect(names(result)).toEqual(['child', 'probe'])
    expect(result.said).toEqual([`spanwright: OTEL_SDK_DISABLED must be true or false, got "${value}"; tracing is on`])
  })
})

describe('the resource', () => {
  test('takes OTEL_SERVICE_NAME before the name in OTEL_RESOURCE_ATTRIBUTES', async () => {
    const result = await run({
      OTEL_SERVICE_NAME: 'checkout',
      OTEL_RESOURCE_ATTRIBUTES: 'service.name=other,service.version=1.2.3,team=a%20b',
    })
    expect(probe(result).resource.attributes).toMatchObject({
      'service.name': 'checkout',
      'service.version': '1.2.3',
      team: 'a b',
    })
  })

  test('has the name of the app, and the process and host, without any variable', async () => {
    const { attributes } = probe(await run({})).resource
    expect(attributes).toMatchObject({ 'service.name': 'spanwright', 'process.runtime.name': 'nodejs' })
    expect(attributes).toHaveProperty(['host.name'])
  })

  test('is made by the detectors of OTEL_NODE_RESOURCE_DETECTORS alone', async () => {
    const { attributes } = probe(await run({ OTEL_NODE_RESOURCE_DETECTORS: 'os,serviceinstance' })).resource
    expect(Object.keys(attributes)).toEqual(expect.arrayContaining(['os.type', 'service.instance.id']))
    expect(attributes).not.toHaveProperty(['process.pid'])
  })

  test('keeps the known detectors when OTEL_NODE_RESOURCE_DETECTORS names one that does not exist', async () => {
    const result = await run({ OTEL_NODE_RESOURCE_DETECTORS: 'host,moon' })
    expect(probe(result).resource.attributes).toHaveProperty(['host.name'])
    expect(result.said).toEqual([
      'spanwright: OTEL_NODE_RESOURCE_DETECTORS: there is no detector "moon"; it is left out',
    ])
  })

  test('tells of wrong OTEL_RESOURCE_ATTRIBUTES once and goes on', async () => {
    const result = await run({ OTEL_RESOURCE_ATTRIBUTES: 'a=b=c,d', OTEL_SERVICE_NAME: 'named' })
    expect(probe(result).resource.attributes).toMatchObject({ 'service.name': 'named' })
    expect(result.said).toHaveLength(1)
  })
})

describe('OTEL_TRACES_EXPORTER', () => {
  test('sends nothing with none, and still makes spans with ids', async () => {
    const result = await run({ OTEL_TRACES_EXPORTER: 'none' })
    expect(result).toMatchObject({ spans: [], said: [] })
    expect(headersOf(result).traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-03$/)
  })

  test('prints traces to stdout with console', async () => {
    const result = await run({ OTEL_TRACES_EXPORTER: 'console' })
    expect(result.spans).toEqual([])
    expect(result.stdout).toContain('probe')
  })

  test('takes several exporters', async () => {
    const result = await run({ OTEL_TRACES_EXPORTER: 'otlp,console' })
    expect(names(result)).toEqual(['child', 'probe'])
    expect(result.stdout).toContain('child')
  })

  test('leaves out a name that does not exist and says so', async () => {
    const result = await run({ OTEL_TRACES_EXPORTER: 'otlp,stdout' })
    expect(names(result)).toEqual(['child', 'probe'])
    expect(result.said).toEqual([expect.stringContaining('OTEL_TRACES_EXPORTER must be')])
  })

  test('falls back to otlp when no name is right', async () => {
    expect(names(await run({ OTEL_TRACES_EXPORTER: 'jaeger' }))).toEqual(['child', 'probe'])
  })
})

describe('OTEL_EXPORTER_OTLP_*', () => {
  test.each([
    ['grpc', 'grpcUrl'],
    ['http/protobuf', 'httpUrl'],
    ['http/json', 'httpUrl'],
  ] as const)('speaks %s when PROTOCOL names it', async (protocol, url) => {
    await using sink = await otlpSink()
    const result = await run(
      { OTEL_EXPORTER_OTLP_PROTOCOL: protocol, OTEL_EXPORTER_OTLP_ENDPOINT: sink[url] },
      { sink },
    )
    expect(names(result)).toEqual(['child', 'probe'])
    expect(new Set(sink.requests.map((request) => request.protocol))).toEqual(new Set([protocol]))
    expect(sink.faults).toEqual([])
  })

  test('goes by http/protobuf when PROTOCOL is wrong, and says so', async () => {
    const result = await run({ OTEL_EXPORTER_OTLP_PROTOCOL: 'udp' })
    expect(names(result)).toEqual(['child', 'probe'])
    expect(result.said).toEqual([
      'spanwright: OTEL_EXPORTER_OTLP_PROTOCOL must be one of grpc, http/protobuf, http/json, got "udp"; http/protobuf is used',
    ])
  })

  test('takes the variables for traces before the general ones', async () => {
    await using sink = await otlpSink()
    const result = await run(
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: sink.tracesUrl,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
        OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json',
        OTEL_EXPORTER_OTLP_HEADERS: 'x-team=a,x-all=1',
        OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-team=b',
        OTEL_EXPORTER_OTLP_COMPRESSION: 'none',
        OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: 'gzip',
      },
      { sink },
    )
    expect(names(result)).toEqual(['child', 'probe'])
    expect(sink.requests[0]).toMatchObject({
      protocol: 'http/json',
      compression: 'gzip',
      headers: { 'x-team': 'b', 'x-all': '1' },
    })
  })

  test.each(['http/protobuf', 'grpc'])(
    'trusts the server by CERTIFICATE and shows CLIENT_CERTIFICATE over %s',
    async (protocol) => {
      await using certificates = await makeCertificates()
      await using sink = await otlpSink({ tls: certificates, mutualTls: true })
      const result = await run(
        {
          OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
          OTEL_EXPORTER_OTLP_ENDPOINT: protocol === 'grpc' ? sink.grpcUrl : sink.httpUrl,
          OTEL_EXPORTER_OTLP_CERTIFICATE: certificates.caPath,
          OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: certificates.client.certificatePath,
          OTEL_EXPORTER_OTLP_CLIENT_KEY: certificates.client.keyPath,
        },
        { sink },
      )
      expect(names(result)).toEqual(['child', 'probe'])
    },
  )

  test('gives up after TIMEOUT when the server hangs', async () => {
    await using sink = await otlpSink()
    sink.respondWith({ kind: 'hang' })
    const result = await run({ OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl, OTEL_EXPORTER_OTLP_TIMEOUT: '300' }, { sink })
    expect(result).toMatchObject({ exitCode: 0, timedOut: false })
    expect(result.said.join()).toMatch(/timeout|timed out/i)
  })

  test.each([
    ['OTEL_EXPORTER_OTLP_TIMEOUT', 'soon'],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', '-1'],
    ['OTEL_EXPORTER_OTLP_COMPRESSION', 'zip'],
    ['OTEL_EXPORTER_OTLP_CERTIFICATE', '/nowhere/ca.pem'],
  ])('sends all the same when %s is %j, and says so once', async (name, value) => {
    const result = await run({ [name]: value })
    expect(names(result)).toEqual(['child', 'probe'])
    expect(result.said).toHaveLength(1)
  })

  test.each(['grpc', 'http/protobuf'])('leaves the app alone when ENDPOINT is no URL over %s', async (protocol) => {
    const result = await run({ OTEL_EXPORTER_OTLP_ENDPOINT: '::not a url::', OTEL_EXPORTER_OTLP_PROTOCOL: protocol })
    expect(result).toMatchObject({ exitCode: 0, timedOut: false })
    expect(headersOf(result)).toHaveProperty('traceparent')
    expect(result.said.length).toBeGreaterThan(0)
  })
})

describe('OTEL_TRACES_SAMPLER', () => {
  test.each([
    ['always_on', undefined, 2],
    ['always_off', undefined, 0],
    ['traceidratio', '0', 0],
    ['traceidratio', '1', 2],
    ['parentbased_always_on', undefined, 2],
    ['parentbased_always_off', undefined, 0],
    ['parentbased_traceidratio', '0', 0],
    ['parentbased_traceidratio', undefined, 2],
    ['traceidratio', '0%', 0],
  ])('%s with the argument %s keeps %i spans of 2', async (sampler, argument, kept) => {
    const result = await run({
      OTEL_TRACES_SAMPLER: sampler,
      ...(argument !== undefined && { OTEL_TRACES_SAMPLER_ARG: argument }),
    })
    expect(result.spans).toHaveLength(kept)
    expect(result.said).toEqual([])
  })

  test('keeps everything by an argument without a sampler, and says so once', async () => {
    const result = await run({ OTEL_TRACES_SAMPLER_ARG: '0.1' })
    expect(result.spans).toHaveLength(2)
    expect(result.said).toEqual([
      expect.stringMatching(
        /^spanwright: OTEL_TRACES_SAMPLER_ARG changes nothing without OTEL_TRACES_SAMPLER; .*every trace/,
      ),
    ])
  })

  test('keeps everything by a name that does not exist, and says so once', async () => {
    const result = await run({ OTEL_TRACES_SAMPLER: 'sometimes' })
    expect(result.spans).toHaveLength(2)
    expect(result.said).toEqual([expect.stringMatching(/^spanwright: OTEL_TRACES_SAMPLER must be .*got "sometimes"/)])
  })

  test.each(['2', '-0.1', 'half'])('keeps everything by the ratio %j, and says so once', async (argument) => {
    const result = await run({ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: argument })
    expect(result.spans).toHaveLength(2)
    expect(result.said).toEqual([
      expect.stringMatching(
        /^spanwright: OTEL_TRACES_SAMPLER_ARG: ratio must be a number from 0 to 1, got .+; TraceIdRatioBased\{1\} is used, which keeps every trace that begins here$/,
      ),
    ])
  })
})

describe('OTEL_PROPAGATORS', () => {
  test.each([
    [undefined, ['baggage', 'traceparent']],
    ['tracecontext', ['traceparent']],
    ['baggage', ['baggage']],
    ['b3', ['b3']],
    ['b3multi', ['x-b3-sampled', 'x-b3-spanid', 'x-b3-traceid']],
    ['tracecontext,b3', ['b3', 'traceparent']],
    ['none', []],
  ])('%s writes the headers %j', async (value, headers) => {
    const result = await run(value === undefined ? {} : { OTEL_PROPAGATORS: value })
    expect(Object.keys(headersOf(result)).toSorted()).toEqual(headers)
    expect(result.said).toEqual([])
  })

  test('leaves out a name that does not exist and says so', async () => {
    const result = await run({ OTEL_PROPAGATORS: 'tracecontext,pigeon' })
    expect(Object.keys(headersOf(result))).toEqual(['traceparent'])
    expect(result.said).toEqual(['spanwright: OTEL_PROPAGATORS: there is no "pigeon"; it is left out'])
  })
})

describe('OTEL_BSP_*', () => {
  test('MAX_EXPORT_BATCH_SIZE splits what is sent', async () => {
    const result = await run({ OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '1' })
    expect(names(result)).toEqual(['child', 'probe'])
    expect(result.sink.requests).toHaveLength(2)
  })

  const hundredSpans = (env: Record<string, string>, options: TracedAppOptions = {}): Promise<TracedRun> =>
    runTracedApp('leave.mjs', { ...options, withoutFlag: true, env })

  test('SCHEDULE_DELAY is the longest that a span waits', async () => {
    await using sink = await otlpSink()
    const result = hundredSpans(
      { OTEL_BSP_SCHEDULE_DELAY: '50', OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl },
      {
        sink,
        args: ['wait'],
        timeoutMillis: 4_000,
      },
    )
    // The app goes on for longer than the default delay would let this wait.
    expect(await sink.waitForSpans(100, { timeoutMillis: 3_500 })).toHaveLength(100)
    await result
  })

  test('EXPORT_TIMEOUT gives up on an export', async () => {
    await using sink = await otlpSink()
    sink.respondWith({ kind: 'hang' })
    const env = { OTEL_BSP_EXPORT_TIMEOUT: '50', OTEL_EXPORTER_OTLP_TIMEOUT: '400' }
    const result = await hundredSpans({ ...env, OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl }, { sink })
    // The last attempt may have less than that: the time to leave is over then.
    const [, millis] = /no answer in (\d+) ms/.exec(result.stderr) ?? []
    expect(Number(millis)).toBeLessThanOrEqual(50)
  })

  test.each([
    ['OTEL_BSP_MAX_QUEUE_SIZE', '0'],
    ['OTEL_BSP_MAX_EXPORT_BATCH_SIZE', 'many'],
    ['OTEL_BSP_SCHEDULE_DELAY', '-5'],
    ['OTEL_BSP_EXPORT_TIMEOUT', '0'],
  ])('%s of %j counts as unset, and is told once', async (name, value) => {
    const result = await run({ [name]: value })
    expect(names(result)).toEqual(['child', 'probe'])
    expect(result.said).toEqual([expect.stringContaining(`${name} must be`)])
  })
})

describe('the limits', () => {
  test('are 128 of each and values of any length without a variable', async () => {
    const span = probe(await run({}, { args: ['130'] }))
    expect(Object.keys(span.attributes)).toHaveLength(128)
    expect(span.events).toHaveLength(128)
    expect(span.links).toHaveLength(128)
    expect(Object.keys(span.events[0]?.attributes ?? {})).toHaveLength(128)
    expect(Object.keys(span.links[0]?.attributes ?? {})).toHaveLength(128)
    expect(span.attributes['attribute.0']).toHaveLength(130)
  })

  test.each([
    ['OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', (span: ReceivedSpan) => Object.keys(span.attributes).length],
    ['OTEL_ATTRIBUTE_COUNT_LIMIT', (span: ReceivedSpan) => Object.keys(span.attributes).length],
    ['OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', (span: ReceivedSpan) => lengthOf(span.attributes['attribute.0'])],
    ['OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT', (span: ReceivedSpan) => lengthOf(span.attributes['attribute.0'])],
    ['OTEL_SPAN_EVENT_COUNT_LIMIT', (span: ReceivedSpan) => span.events.length],
    ['OTEL_SPAN_LINK_COUNT_LIMIT', (span: ReceivedSpan) => span.links.length],
    ['OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT', (span: ReceivedSpan) => Object.keys(span.events[0]?.attributes ?? {}).length],
    ['OTEL_LINK_ATTRIBUTE_COUNT_LIMIT', (span: ReceivedSpan) => Object.keys(span.links[0]?.attributes ?? {}).length],
  ] as const)('%s holds', async (name, measure) => {
    const result = await run({ [name]: '3' }, { args: ['5'] })
    expect(measure(probe(result))).toBe(3)
    // The SDK itself tells of dropped events and links.
    expect(result.stderr).not.toContain('spanwright')
  })

  test.each(['-1', '1.5', 'few'])(
    'OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT of %j counts as unset, and is told once',
    async (value) => {
      const result = await run({ OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: value }, { args: ['5'] })
      expect(Object.keys(probe(result).attributes)).toHaveLength(5)
      expect(result.said).toEqual([expect.stringContaining('OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT must be an integer')])
    },
  )
})

describe('OTEL_LOG_LEVEL', () => {
  test('NONE silences also our own warnings', async () => {
    const result = await run({ OTEL_LOG_LEVEL: 'NONE', OTEL_TRACES_SAMPLER: 'sometimes' })
    expect(result.said).toEqual([])
  })

  test('debug writes to stderr, and nothing to stdout', async () => {
    const result = await run({ OTEL_LOG_LEVEL: 'debug' })
    expect(result.stderr).toContain('opentelemetry debug:')
    expect(Object.keys(headersOf(result))).toContain('traceparent')
  })

  test('counts as unset when it is wrong, and says so once', async () => {
    const result = await run({ OTEL_LOG_LEVEL: 'loud' })
    expect(result.said).toEqual([expect.stringMatching(/^spanwright: OTEL_LOG_LEVEL must be .* got "loud"/)])
  })
})

describe('the instrumentation lists', () => {
  test('OTEL_NODE_ENABLED_INSTRUMENTATIONS leaves only what it names', async () => {
    const result = await runTracedApp('calls.mjs', {
      args: ['fetch'],
      env: { OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'undici' },
    })
    expect(result.spans.map(({ kind }) => kind).toSorted()).toEqual(['CLIENT', 'INTERNAL'])
  })

  test('OTEL_NODE_DISABLED_INSTRUMENTATIONS leaves out what it names', async () => {
    const result = await runTracedApp('calls.mjs', {
      args: ['fetch'],
      env: { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'undici,net' },
    })
    expect(result.spans.map(({ kind }) => kind).toSorted()).toEqual(['INTERNAL', 'SERVER'])
  })

  test('a name that does not exist is logged once and ignored', async () => {
    const result = await runTracedApp('calls.mjs', {
      args: ['fetch'],
      env: { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'smoke-signals' },
    })
    expect(result.spans.filter(({ kind }) => kind === 'CLIENT')).toHaveLength(1)
    expect(result.said).toEqual([expect.stringContaining('there is no instrumentation "smoke-signals"')])
  })
})

test('OTEL_SEMCONV_STABILITY_OPT_IN reaches the instrumentations unchanged', async () => {
  const env = { OTEL_SEMCONV_STABILITY_OPT_IN: 'http/dup,database' }
  const result = await runTracedApp('reads-environment.mjs', { withoutFlag: true, env })
  expect(result).toMatchObject({ stdout: 'http/dup,database\n', said: [], exitCode: 0 })
})
