import { describe, expect, test } from 'vitest'
import { collectorConfigArguments } from '../../../src/cli/collector-config/arguments.js'
import { versionFrom } from '../../../src/cli/collector-config/version.js'
import type { ServiceSettings } from '../../../src/cli/collector-config/service-settings.js'
import { collectorConfigFile } from '../../../src/cli/collector-config/write-config.js'
import { toYaml } from '../../../src/cli/collector-config/yaml.js'
import { SERVICE as DEFAULT_SERVICE } from '../../deploy/collector-files.js'
import { runNode } from '../../helpers/run-node.js'
import { CLI } from '../run-doctor.js'

const SERVICE: ServiceSettings = { ...DEFAULT_SERVICE, name: 'orders', sendsMetrics: false }

const write = (args: string, service: Partial<ServiceSettings> = {}): string => {
  const list = args.split(' ').filter(Boolean)
  return collectorConfigFile(collectorConfigArguments(list), { ...SERVICE, ...service }, list)
}

describe('spanwright collector-config, the command line', () => {
  test.each([
    ['--tier edge', '--tier must be one of agent, gateway, got "edge"'],
    [
      '--backend jager',
      '--backend must be one of otlp, jaeger, tempo, zipkin, opensearch, xray, prometheus, loki, got "jager"',
    ],
    ['--policy slow', '--policy must be one of errors, slow=DURATION, rest=PERCENT, service=NAME, attribute=KEY:VALUE'],
    ['--policy slow=0s', 'got "slow=0s"'],
    ['--policy slow=5', 'got "slow=5"'],
    ['--policy rest=101%', 'got "rest=101%"'],
    ['--policy rest=0.1', 'got "rest=0.1"'],
    ['--policy attribute=user', 'got "attribute=user"'],
    ['--policy errors=1', 'got "errors=1"'],
    ['--policy slow=1s --policy slow=2s', '--policy slow is there twice'],
    ['--tier agent --policy errors', '--policy is a matter of the gateway: --tier gateway'],
    ['--tier agent --backend jaeger', '--backend is a matter of the gateway'],
    ['--tier gateway --gateways a:1', '--gateways is a matter of the agent'],
    ['--tier agent --gateways a', '--gateways must be host:port,host:port or dns:host:port, got "a"'],
    ['--tier agent --gateways dns:a:1,b:1', 'or dns:host:port'],
    ['--collector-version latest', '--collector-version must be 0.110.0 or newer, such as 0.161.0, got "latest"'],
    ['--collector-version 0.99.0', 'got "0.99.0"'],
    ['--polices errors', "Unknown option '--polices'"],
    ['agent', 'Unexpected argument'],
  ])('%s is wrong, and the message says what would be right', (args, words) => {
    expect(() => collectorConfigArguments(args.split(' '))).toThrow(words)
  })

  test('is wrong with status 2, and otherwise writes a file that fits the environment of the shell, and sends nothing', async () => {
    const run = (args: readonly string[], env = {}): ReturnType<typeof runNode> =>
      runNode({ args: [CLI, 'collector-config', ...args], env, timeoutMillis: 20_000 })
    expect(await run(['--tier', 'edge'])).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: 'spanwright collector-config: --tier must be one of agent, gateway, got "edge"\n',
    })
    const help = await run(['--help'])
    expect(help).toMatchObject({ exitCode: 0, stderr: '' })
    expect(help.stdout).toContain('spanwright collector-config --tier agent')
    const written = await run(['--tier', 'gateway', '--backend', 'otlp'], {
      OTEL_SERVICE_NAME: 'orders',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://otlp.example.test',
      OTEL_EXPORTER_OTLP_HEADERS: 'x-api-key=s3cret',
      OTEL_BSP_SCHEDULE_DELAY: '12000',
      OTEL_TRACES_SAMPLER: 'traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.1',
      OTEL_METRICS_EXPORTER: 'otlp',
    })
    expect(written).toMatchObject({ exitCode: 0, stderr: '' })
    expect(written.stdout).toContain('made for orders by')
    expect(written.stdout).toContain('endpoint: ${env:BACKEND_ENDPOINT:-https://otlp.example.test}')
    expect(written.stdout).toContain('x-api-key: ${env:BACKEND_HEADER_X_API_KEY:-}')
    expect(written.stdout).not.toContain('s3cret')
    expect(written.stdout).toContain('decision_wait: 17s')
    expect(written.stdout).toMatch(/orders itself samples by .*0\.1.*\n.*traces that it has dropped do not come here/)
    expect(written.stdout).toContain('    metrics:\n      receivers: [otlp]')
  })
})

describe('spanwright collector-config, the file', () => {
  test('has the names that components have in the release', () => {
    const names = /otlp\/jaeger|otlp_grpc\/jaeger|spanmetrics|span_metrics/g
    const found = (version: string): string[] => [
      ...new Set(write(`--backend jaeger --backend prometheus --collector-version ${version}`).match(names)),
    ]
    expect(found('0.143.0')).toEqual(['otlp/jaeger', 'spanmetrics'])
    expect(found('0.144.0')).toEqual(['otlp_grpc/jaeger', 'spanmetrics'])
    expect(found('v0.151')).toEqual(['otlp_grpc/jaeger', 'span_metrics'])
    expect(write('--tier agent --collector-version 0.152.1')).toContain('exporters: [loadbalancing]')
    expect(write('--tier agent --collector-version 0.153.0')).toContain('exporters: [load_balancing]')
    expect(versionFrom('0.161')).toEqual({ minor: 161, text: '0.161.0' })
    expect(write('--collector-version 0.170.0')).toContain('not with releases after it')
  })

  test('has the policies in the order in which they were given, and says what each keeps', () => {
    const file = write('--policy service=payments --policy attribute=user.id:7 --policy slow=1.5s --policy rest=0.5%')
    expect(file).toContain('string_attribute:\n          key: service.name\n          values: [payments]')
    expect(file).toContain("key: user.id\n          values: ['7']")
    expect(file).toContain('threshold_ms: 1500')
    expect(file).toContain('sampling_percentage: 0.5')
    expect(file).toContain('# service payments: traces with a span of the service payments')
    expect(file).not.toContain('itself samples')
  })

  test('of one collector or an agent listens where the service sends, by TLS if it does; a gateway listens to agents', () => {
    const mutual = {
      endpoint: new URL('https://localhost:9999'),
      isGrpc: true,
      usesClientCertificate: true,
    }
    for (const args of ['', '--tier agent']) {
      const file = write(args, mutual)
      expect(file).toContain('endpoint: ${env:LISTEN_HOST:-0.0.0.0}:9999')
      expect(file).toContain('endpoint: ${env:LISTEN_HOST:-0.0.0.0}:4318')
      expect(file.match(/client_ca_file/g)).toHaveLength(2)
    }
    expect(write('--tier gateway', mutual)).not.toMatch(/9999|cert_file/)
  })

  test('of an agent has a queue for each gateway where their names stay, and one on disk where they change', () => {
    const fixed = write('--tier agent --gateways g-0:4317,g-1:4317')
    expect(fixed).toContain('hostnames: [g-0:4317, g-1:4317]')
    expect(fixed).not.toContain('file_storage')
    const changing = write('--tier agent --gateways dns:gateway.traces.svc:4317', { sendsLogs: true })
    expect(changing).toContain('hostname: gateway.traces.svc')
    expect(changing).toContain('storage: file_storage')
    expect(changing).toContain('endpoint: dns:///gateway.traces.svc:4317')
  })

  test('has pipelines for those signals alone that the service sends and a backend takes', () => {
    const all = { sendsMetrics: true, sendsLogs: true }
    const pipelines = (file: string): string[] =>
      [...file.slice(file.indexOf('  pipelines:')).matchAll(/^ {4}([\w/]+):/gm)].map(([, name]) => name ?? '')
    expect(pipelines(write('--backend jaeger', all))).toEqual(['traces'])
    expect(pipelines(write('--backend otlp', all))).toEqual(['traces', 'metrics', 'logs'])
    expect(pipelines(write('--backend opensearch', all))).toEqual(['traces', 'logs'])
    expect(pipelines(write('--backend tempo --backend prometheus'))).toEqual(['traces', 'traces/counted', 'metrics'])
    expect(pipelines(write('--backend prometheus'))).toEqual(['traces/counted', 'metrics'])
  })

  test('quotes what YAML would take for something else', () => {
    expect(
      toYaml({ a: 'no', b: '1', c: "it's", d: '${env:A:-b}:1', e: [1, 'a'], f: [], g: {}, h: '1s', i: 'a:' }),
    ).toBe(`a: 'no'\nb: '1'\nc: 'it''s'\nd: \${env:A:-b}:1\ne: [1, a]\nf: []\ng: {}\nh: 1s\ni: 'a:'\n`)
  })
})
