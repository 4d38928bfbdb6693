import {
  envDetector,
  hostDetector,
  osDetector,
  processDetector,
  serviceInstanceIdDetector,
  type ResourceDetector,
} from '@opentelemetry/resources'
import { messageOf, warnOnce } from '../../internal/diagnostics/diagnostics.js'
import { readEnv, withoutEnv } from '../../internal/runtime/env.js'
import { requireOwn } from '../../internal/runtime/own-package.js'
import { boundedDetector } from './bounded-detector.js'

const DETECTORS: Readonly<Record<string, ResourceDetector>> = {
  env: envDetector,
  host: hostDetector,
  os: osDetector,
  process: processDetector,
  serviceinstance: serviceInstanceIdDetector,
}

/** Of clouds and containers, by the names of auto-instrumentations-node. Some ask the network, so they are named or not run. */
const CLOUD_DETECTORS: Readonly<Record<string, { readonly package: string; readonly detectors: readonly string[] }>> = {
  alibaba: { package: 'alibaba-cloud', detectors: ['alibabaCloudEcsDetector'] },
  aws: {
    package: 'aws',
    detectors: ['awsEc2Detector', 'awsEcsDetector', 'awsEksDetector', 'awsBeanstalkDetector', 'awsLambdaDetector'],
  },
  azure: { package: 'azure', detectors: ['azureAppServiceDetector', 'azureFunctionsDetector', 'azureVmDetector'] },
  container: { package: 'container', detectors: ['containerDetector'] },
  gcp: { package: 'gcp', detectors: ['gcpDetector'] },
}

/** NodeSDK's. None of them waits for anything, and none calls the network. What the user has said comes last, and holds. */
export const DEFAULT_DETECTORS: readonly ResourceDetector[] = [processDetector, hostDetector, envDetector]

/** Those of OTEL_NODE_RESOURCE_DETECTORS, and after them, named or not, what OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say. */
export function detectorsWithEnv(
  names: readonly string[],
  unknown: (name: string) => void,
): readonly ResourceDetector[] {
  return [...detectorsByName(names, unknown).filter((detector) => detector !== envDetector), envDetector]
}

/**
 * OpenTelemetry's detector leaves out wrong OTEL_RESOURCE_ATTRIBUTES without a word; whether it does is seen by trying. It reads
 * two variables and takes no options, so the other one is hidden.
 */
export function areEnvAttributesWrong(): boolean {
  if (readEnv('OTEL_RESOURCE_ATTRIBUTES') === undefined) return false
  const { attributes } = withoutEnv(/^OTEL_SERVICE_NAME$/, () => envDetector.detect())
  return Object.keys(attributes ?? {}).length === 0
}

/**
 * The names of OTEL_NODE_RESOURCE_DETECTORS, with `all` (those that find what they know in the process and its host) and
 * `none`.
 */
export function detectorsByName(
  names: readonly string[],
  unknown: (name: string) => void,
): readonly ResourceDetector[] {
  if (names.includes('none')) return []
  const wanted = names.flatMap((name) => (name === 'all' ? Object.keys(DETECTORS) : name))
  return [...new Set(wanted)].flatMap((name) => {
    if (Object.hasOwn(DETECTORS, name)) return DETECTORS[name] ?? []
    if (Object.hasOwn(CLOUD_DETECTORS, name)) return cloudDetectors(name)
    unknown(name)
    return []
  })
}

function cloudDetectors(name: string): readonly ResourceDetector[] {
  const { package: suffix, detectors } = CLOUD_DETECTORS[name] ?? { package: name, detectors: [] }
  try {
    const exported = requireOwn(`@opentelemetry/resource-detector-${suffix}`) as Record<string, ResourceDetector>
    return detectors.flatMap((detector) => exported[detector] ?? []).map((detector) => boundedDetector(name, detector))
  } catch (error) {
    warnOnce(`detector ${name}`, `the resource detector "${name}" could not be loaded: ${messageOf(error)}`)
    return []
  }
}
