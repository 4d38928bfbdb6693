import { collectorConfigArguments } from '../../src/cli/collector-config/arguments.js'
import type { ServiceSettings } from '../../src/cli/collector-config/service-settings.js'
import { collectorConfigFile } from '../../src/cli/collector-config/write-config.js'

/** A service as the defaults make it, which sends traces and metrics. */
export const SERVICE: ServiceSettings = {
  name: 'your services',
  endpoint: new URL('http://localhost:4318/v1/traces'),
  isGrpc: false,
  usesClientCertificate: false,
  headerNames: [],
  sampler: 'ParentBased{AlwaysOn}',
  keepsAll: true,
  scheduledDelayMillis: 5_000,
  sendsMetrics: true,
  sendsLogs: false,
}

/** The files in `deploy/` that `spanwright collector-config` writes, and by which options; for services that send logs where it names Loki. */
export const COLLECTOR_FILES: Readonly<Record<string, string>> = {
  'compose/grafana-collector.yaml': '--backend tempo --backend prometheus --backend loki',
  'compose/collector.yaml': '--backend jaeger --backend prometheus',
  'compose/agent.yaml': '--tier agent',
  'compose/gateway.yaml': '--tier gateway --backend jaeger --backend prometheus',
  'kubernetes/agent-collector.yaml': '--tier agent --gateways dns:gateway.traces.svc.cluster.local:4317',
  'kubernetes/gateway-collector.yaml': '--tier gateway --backend jaeger --backend prometheus',
}

export function collectorFile(args: string, service: Partial<ServiceSettings> = {}): string {
  const list = args.split(' ')
  const sendsLogs = list.includes('loki')
  return collectorConfigFile(collectorConfigArguments(list), { ...SERVICE, sendsLogs, ...service }, list)
}
