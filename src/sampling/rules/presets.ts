import { SpanKind } from '@opentelemetry/api'
import { alwaysOff } from '../samplers/always.js'
import { pathOf, type SpanSample } from './rule-conditions.js'
import type { SamplingRule } from './rules.js'

const HEALTH_PATHS: ReadonlySet<string> = new Set([
  ...['/health', '/healthz', '/healthcheck', '/health-check', '/_health', '/livez', '/readyz', '/startupz', '/live'],
  ...['/ready', '/liveness', '/readiness', '/ping', '/status', '/metrics', '/heartbeat', '/up'],
  ...['/actuator/health', '/.well-known/health', '/-/healthy', '/-/ready'],
])
/** `/health/live`, `/api/health`: below a health path, or at the end of a path. */
const HEALTH_SEGMENT = /^\/(?:health|healthz|actuator\/health)\/[\w-]+$|^\/[\w-]+\/(?:health|healthz|livez|readyz)$/
const PROBES = /^(?:kube-probe|GoogleHC|ELB-HealthChecker|Consul Health Check|Envoy\/HC|Amazon-Route53-Health-Check)\b/
const GRPC_HEALTH = 'grpc.health.v1.Health'
const STATIC_FILE =
  /^\/(?:favicon\.ico|robots\.txt)$|\.(?:css|m?js|map|png|jpe?g|gif|svg|ico|webp|avif|woff2?|ttf|eot|otf|mp4|webm|mp3)$/i

/**
 * A rule that drops what comes often and says little: health checks (`/healthz`, `/ready`, `/metrics`, gRPC's health
 * service, the probes of Kubernetes and of load balancers) and GET of static files (`.css`, `.js`, images, fonts). To stand
 * first: `ruleBasedSampler([healthChecksAndStaticFiles(), …])`. Not where these are what you look at.
 */
export function healthChecksAndStaticFiles(): SamplingRule {
  return { label: 'health checks and static files', matches: isNoise, sampler: alwaysOff() }
}

function isNoise({ name, kind, attributes }: SpanSample): boolean {
  // A call that this process makes is its own doing, whatever the path.
  if (kind !== SpanKind.SERVER && kind !== SpanKind.INTERNAL) return false
  if (attributes['rpc.service'] === GRPC_HEALTH || name.startsWith(GRPC_HEALTH)) return true
  const agent = attributes['user_agent.original'] ?? attributes['http.user_agent']
  if (typeof agent === 'string' && PROBES.test(agent)) return true
  const [, nameMethod, namePath] = /^(GET|HEAD|OPTIONS) (\/\S*)$/.exec(name) ?? []
  const path = pathOf(attributes) ?? namePath
  if (path === undefined) return false
  const method = attributes['http.request.method'] ?? attributes['http.method'] ?? nameMethod
  if (method !== 'GET' && method !== 'HEAD') return false
  return HEALTH_PATHS.has(path) || HEALTH_SEGMENT.test(path) || STATIC_FILE.test(path)
}
