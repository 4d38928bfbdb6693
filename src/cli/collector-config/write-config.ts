import type { CollectorConfigArguments, Gateways } from './arguments.js'
import { BACKENDS, type Backend, type Signal } from './backends.js'
import type { ServiceSettings } from './service-settings.js'
import { componentName, NEWEST_CHECKED } from './version.js'
import { toYaml, type Yaml } from './yaml.js'

type Section = Readonly<Record<string, Yaml | undefined>>

interface Pipeline {
  readonly receivers: readonly string[]
  readonly processors: readonly string[]
  readonly exporters: readonly string[]
}

/** What a configuration is put together from. */
interface Parts {
  readonly extensions: Section
  readonly processors: Section
  readonly exporters: Section
  readonly connectors: Section
  readonly pipelines: Readonly<Record<string, Pipeline | string | undefined>>
}

/** The text of the file. */
export function collectorConfigFile(
  given: CollectorConfigArguments,
  service: ServiceSettings,
  args: readonly string[],
): string {
  const parts = given.tier === 'agent' ? agent(given, service) : gateway(given, service)
  const extensions: Section = {
    '#': 'For liveness and readiness probes.',
    health_check: { endpoint: '${env:LISTEN_HOST:-0.0.0.0}:13133' },
    ...parts.extensions,
  }
  const file: Section = {
    receivers: { otlp: receiver(given.tier, service) },
    processors: { memory_limiter: MEMORY_LIMITER, ...parts.processors },
    exporters: parts.exporters,
    connectors: Object.keys(parts.connectors).length > 0 ? parts.connectors : undefined,
    extensions,
    service: {
      extensions: Object.keys(extensions).filter((name) => !name.startsWith('#')),
      pipelines: parts.pipelines as Section,
    },
  }
  const sections = Object.entries(file).flatMap(([name, section]) =>
    section === undefined ? [] : `\n${toYaml({ [name]: section })}`,
  )
  return header(given, service, args) + sections.join('')
}

function header(given: CollectorConfigArguments, service: ServiceSettings, args: readonly string[]): string {
  const role = {
    agent: 'An agent: beside the services, it sends each trace to one gateway.',
    gateway: 'A gateway: it has whole traces, of all services, and decides which are kept.',
    alone: 'One collector: it has whole traces, of all services, and decides which are kept.',
  }[given.tier ?? 'alone']
  const { minor, text } = given.version
  const newest = Number(NEWEST_CHECKED.split('.')[1])
  const command = ['spanwright collector-config', ...args.map((arg) => (/^[\w=%.:,/-]+$/.test(arg) ? arg : `'${arg}'`))]
  const lines = [
    role,
    `For OpenTelemetry Collector ${text}, its contrib distribution; made for ${service.name} by`,
    `  ${command.join(' ')}`,
    'To be checked by',
    '  otelcol-contrib validate --config=file:FILE',
    ...(minor > newest ? [`It was checked with ${NEWEST_CHECKED} and not with releases after it.`] : []),
  ]
  return lines.map((line) => `# ${line.replaceAll(/[\r\n]+/g, ' ')}\n`).join('')
}

const MEMORY_LIMITER: Section = {
  '#': 'First in every pipeline: it refuses what would not fit, and senders keep it and try again. In a container it is\npercent of its limit.',
  check_interval: '1s',
  limit_percentage: 75,
  spike_limit_percentage: 15,
}

/** The largest message that a gateway takes over gRPC: an agent passes on at once what has come by HTTP. */
const MAX_MESSAGE_MIB = 20

function receiver(tier: CollectorConfigArguments['tier'], service: ServiceSettings): Section {
  const { endpoint } = service
  // Between the tiers it is plain gRPC.
  const isTls = tier !== 'gateway' && endpoint?.protocol === 'https:'
  const tls: Section | undefined = isTls
    ? {
        cert_file: '${env:TLS_CERT_FILE:-/etc/otelcol/tls/tls.crt}',
        key_file: '${env:TLS_KEY_FILE:-/etc/otelcol/tls/tls.key}',
        ...(service.usesClientCertificate && { client_ca_file: '${env:TLS_CLIENT_CA_FILE:-/etc/otelcol/tls/ca.crt}' }),
      }
    : undefined
  const isLocal = endpoint !== undefined && /^(?:localhost|127\.|\[::1\])/.test(endpoint.hostname)
  const port = tier !== 'gateway' && isLocal && endpoint.port !== '' ? endpoint.port : undefined
  return {
    ...(tier !== 'gateway' && isTls && { '#': 'The service connects by TLS.' }),
    protocols: {
      grpc: {
        endpoint: `\${env:LISTEN_HOST:-0.0.0.0}:${(service.isGrpc ? port : undefined) ?? 4317}`,
        '#': "gRPC's own limit of 4 MiB is less than a batch of large spans has.",
        max_recv_msg_size_mib: MAX_MESSAGE_MIB,
        tls,
      },
      http: { endpoint: `\${env:LISTEN_HOST:-0.0.0.0}:${(service.isGrpc ? undefined : port) ?? 4318}`, tls },
    },
  }
}

const RETRY_FOREVER: Section = { enabled: true, initial_interval: '500ms', max_interval: '5s', max_elapsed_time: '0s' }

function agent({ gateways, version }: CollectorConfigArguments, service: ServiceSettings): Parts {
  const loadBalancing = componentName('load_balancing', version)
  const toAnyGateway = `${componentName('otlp_grpc', version)}/gateway`
  const others = othersOf(service, [toAnyGateway])
  return {
    extensions: gateways.kind === 'dns' ? { file_storage: QUEUE_ON_DISK } : {},
    processors: {},
    exporters: {
      [loadBalancing]: {
        '#1': 'All spans of a trace go to one gateway, whichever service they are of. There is no batch processor before it: what\nthe SDK sends is batched.',
        routing_key: 'traceID',
        ...(gateways.kind === 'static' ? toStaticRing(gateways) : toChangingRing(gateways)),
      },
      [toAnyGateway]: others.size === 0 ? undefined : { endpoint: anyGateway(gateways), tls: { insecure: true } },
    },
    connectors: {},
    pipelines: {
      traces: { receivers: ['otlp'], processors: ['memory_limiter'], exporters: [loadBalancing] },
      ...Object.fromEntries(others),
    },
  }
}

const anyGateway = (gateways: Gateways): string =>
  gateways.kind === 'dns' ? `dns:///${gateways.host}:${gateways.port}` : (gateways.addresses[0] ?? '')

/** Metrics and logs, where the service sends them. */
function othersOf(service: ServiceSettings, exporters: readonly string[]): Map<string, Pipeline> {
  const signals = [...(service.sendsMetrics ? ['metrics'] : []), ...(service.sendsLogs ? ['logs'] : [])]
  return new Map(signals.map((name) => [name, { receivers: ['otlp'], processors: ['memory_limiter'], exporters }]))
}

const PLAIN: Section = { insecure: true }

/** A queue for each gateway: while one is away its spans wait, and the others get theirs. */
function toStaticRing({ addresses }: Extract<Gateways, { kind: 'static' }>): Section {
  return {
    protocol: {
      otlp: {
        timeout: '5s',
        tls: PLAIN,
        '#': 'A queue for each gateway, in memory: while one restarts its spans wait for it, once each. They are lost if\nthe agent is killed meanwhile.',
        retry_on_failure: RETRY_FOREVER,
        sending_queue: { enabled: true, queue_size: 5_000, num_consumers: 4, block_on_overflow: false },
      },
    },
    resolver: {
      '#': 'Names that stay, as those of a StatefulSet: the ring is the same while a gateway restarts.',
      static: { hostnames: addresses },
    },
  }
}

const QUEUE_ON_DISK: Section = {
  directory: '${env:QUEUE_DIRECTORY:-/var/lib/otelcol/queue}',
  create_directory: true,
}

/** One queue, on disk: what a gateway that has gone did not take goes to the one that the ring has for it now. */
function toChangingRing({ host, port }: Extract<Gateways, { kind: 'dns' }>): Section {
  return {
    '#2': 'One queue, on disk, so that nothing is lost when the agent is killed. What one gateway did not take is sent again by\nthe ring as it is then, and with it what the others did take: those spans may arrive twice.',
    timeout: '10s',
    retry_on_failure: RETRY_FOREVER,
    sending_queue: { enabled: true, queue_size: 5_000, num_consumers: 10, storage: 'file_storage' },
    protocol: {
      otlp: {
        timeout: '5s',
        tls: PLAIN,
        retry_on_failure: { enabled: false },
        sending_queue: { enabled: false },
      },
    },
    resolver: { dns: { hostname: host, port, interval: '5s', timeout: '1s' } },
  }
}

function gateway(given: CollectorConfigArguments, service: ServiceSettings): Parts {
  const { version, policies } = given
  const backends = given.backends.map((name) => BACKENDS[name](version, service))
  const takers = (signal: Signal): string[] =>
    backends.filter(({ signals }) => signals.includes(signal)).map(({ exporter }) => exporter)
  const spanMetrics = componentName('span_metrics', version)
  const counts = given.backends.includes('prometheus')
  const traces = takers('traces')
  const metrics = takers('metrics')
  const others = othersOf(service, [])
  const metricReceivers = [...(others.has('metrics') ? ['otlp'] : []), ...(counts ? [spanMetrics] : [])]
  const kept: Pipeline | undefined =
    traces.length > 0
      ? { receivers: ['otlp'], processors: ['memory_limiter', 'tail_sampling', 'batch'], exporters: traces }
      : undefined
  return {
    extensions: Object.assign({}, ...backends.map(({ extensions }) => extensions)) as Section,
    processors: {
      tail_sampling: kept && tailSampling(policies, service, given.tier),
      '#': 'tail_sampling passes on a trace at a time.',
      batch: { timeout: '1s', send_batch_size: 2_000, send_batch_max_size: 4_000 },
    },
    exporters: exportersOf(backends),
    connectors: counts ? { [spanMetrics]: spanMetricsSettings() } : {},
    pipelines: {
      traces: kept,
      '#': counts
        ? 'All spans are counted, before tail sampling, which does not write down with which probability it keeps them.'
        : undefined,
      'traces/counted': counts
        ? { receivers: ['otlp'], processors: ['memory_limiter'], exporters: [spanMetrics] }
        : undefined,
      metrics:
        metrics.length > 0 && metricReceivers.length > 0
          ? { receivers: metricReceivers, processors: ['memory_limiter', 'batch'], exporters: metrics }
          : undefined,
      logs:
        others.has('logs') && takers('logs').length > 0
          ? { receivers: ['otlp'], processors: ['memory_limiter', 'batch'], exporters: takers('logs') }
          : undefined,
    },
  }
}

function exportersOf(backends: readonly Backend[]): Section {
  const isPulled = ({ signals }: Backend): boolean => signals.length === 1 && signals[0] === 'metrics'
  const entries = backends.map((backend): [string, Section] => [
    backend.exporter,
    {
      ...backend.settings,
      ...(!isPulled(backend) && {
        retry_on_failure: RETRY_FOREVER,
        sending_queue: { enabled: true, queue_size: 5_000, num_consumers: 4 },
      }),
    },
  ])
  return Object.fromEntries(entries)
}

/** What a trace of a few seconds needs besides the delay that its spans have in the services. */
const DECISION_MARGIN_MILLIS = 5_000

function tailSampling(
  policies: CollectorConfigArguments['policies'],
  service: ServiceSettings,
  tier: CollectorConfigArguments['tier'],
): Section {
  const waitSeconds = Math.ceil((service.scheduledDelayMillis + DECISION_MARGIN_MILLIS) / 1_000)
  const gathers = tier === 'gateway' ? 'gateway' : 'collector'
  return {
    '#1': `From the first span of a trace on, the ${gathers} waits so long for the others. Services send a span up to\n${service.scheduledDelayMillis} ms after its end (OTEL_BSP_SCHEDULE_DELAY): a longer delay there, or requests that take longer than\n5 s, need more here. What is killed loses what waits, so give it at least that long to stop:\nterminationGracePeriodSeconds, stop_grace_period.`,
    decision_wait: `${waitSeconds}s`,
    '#2': `At least new traces a second × decision_wait; beyond it the oldest traces are decided early.`,
    num_traces: '${env:NUM_TRACES:-100000}',
    '#3': 'Spans that come after the decision share it.',
    decision_cache: { sampled_cache_size: 200_000, non_sampled_cache_size: 200_000 },
    '#4': [
      'A trace is kept that one of these wants:',
      ...policies.map(({ name, words }) => `${name}: ${words}`),
      ...(service.keepsAll
        ? []
        : [
            `${service.name} itself samples by ${service.sampler}:`,
            'traces that it has dropped do not come here, those with errors neither.',
          ]),
    ].join('\n'),
    policies: policies.map(({ name, settings }) => ({ name, ...settings })),
  }
}

function spanMetricsSettings(): Section {
  return {
    '#1': 'Calls, errors and durations of all spans. What was sampled by a service counts as many times as its tracestate says.',
    histogram: { unit: 's' },
    '#2': 'Without it two processes of one service overwrite each other.',
    resource_metrics_key_attributes: ['service.name'],
    exemplars: { enabled: true },
    metrics_flush_interval: '15s',
  }
}
