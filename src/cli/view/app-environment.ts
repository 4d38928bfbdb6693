import { pathToFileURL } from 'node:url'
import { envWith, readEnv, readEnvList } from '../../internal/runtime/env.js'

export interface AppEnvironmentOptions {
  /** Where spans go: `http://127.0.0.1:4318`. */
  readonly endpoint: string
  /** The file that starts tracing where the app does not itself. */
  readonly preloadFile: string
  readonly token?: string | undefined
}

/**
 * What the app gets so that its spans arrive here, whatever the environment says otherwise. Batches leave after 200 ms,
 * since the default of five seconds feels broken, unless the environment has a delay of its own.
 */
export function appEnvironment({ endpoint, preloadFile, token }: AppEnvironmentOptions): NodeJS.ProcessEnv {
  return envWith({
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    ...signalEndpoints(endpoint),
    OTEL_TRACES_EXPORTER: withOtlp('OTEL_TRACES_EXPORTER'),
    OTEL_SDK_DISABLED: 'false',
    ...unlessSet('OTEL_BSP_SCHEDULE_DELAY', '200'),
    ...unlessSet('OTEL_BLRP_SCHEDULE_DELAY', '200'),
    ...unlessSet('SPANWRIGHT_CODE_LOCATION', '1'),
    ...headersWith(token),
    ...withoutProxy(new URL(endpoint).hostname.replace(/^\[|\]$/g, '')),
    NODE_OPTIONS: nodeOptions(preloadFile),
  })
}

/** An endpoint of one signal takes precedence over the common one. */
function signalEndpoints(endpoint: string): Record<string, string> {
  const set: Record<string, string> = {}
  for (const signal of ['traces', 'logs', 'metrics']) {
    const name = `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`
    if (readEnv(name) === undefined) continue
    const protocol =
      readEnv(`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_PROTOCOL`) ?? readEnv('OTEL_EXPORTER_OTLP_PROTOCOL')
    set[name] = protocol === 'grpc' ? endpoint : `${endpoint}/v1/${signal}`
  }
  return set
}

/** Spans may go to the console as well; `none` would send them nowhere. */
function withOtlp(name: string): string {
  const others = (readEnvList(name) ?? []).filter((exporter) => exporter !== 'none' && exporter !== 'otlp')
  return [...others, 'otlp'].join(',')
}

function unlessSet(name: string, value: string): Record<string, string> {
  return readEnv(name) === undefined ? { [name]: value } : {}
}

function headersWith(token: string | undefined): Record<string, string> {
  if (token === undefined) return {}
  const name = 'OTEL_EXPORTER_OTLP_HEADERS'
  const others = (readEnvList(name) ?? []).filter((header) => !/^authorization\s*=/i.test(header))
  return { [name]: [...others, `authorization=Bearer%20${token}`].join(',') }
}

/** A proxy elsewhere has no way to this machine's loopback. */
function withoutProxy(host: string): Record<string, string> {
  const set: Record<string, string> = {}
  for (const name of ['NO_PROXY', 'no_proxy']) {
    const hosts = readEnvList(name) ?? []
    if (!hosts.includes('*') && !hosts.includes(host)) set[name] = [...hosts, host].join(',')
  }
  return set
}

/** A URL, as it has neither spaces nor quotes; before what is there, since what is there may be an app's own start. */
function nodeOptions(preloadFile: string): string {
  return [`--import=${pathToFileURL(preloadFile).href}`, readEnv('NODE_OPTIONS') ?? ''].join(' ').trim()
}
