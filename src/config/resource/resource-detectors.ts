import {
  envDetector,
  hostDetector,
  osDetector,
  processDetector,
  serviceInstanceIdDetector,
  type DetectedResource,
  type DetectedResourceAttributes,
  type ResourceDetector,
} from '@opentelemetry/resources'
import { messageOf, warnOnce } from '../../internal/diagnostics/diagnostics.js'
import { readEnv, withoutEnv } from '../../internal/runtime/env.js'
import { requirePackage } from '../../internal/runtime/own-package.js'

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

/** NodeSDK's. None of them waits for anything, and none calls the network. The environment comes last, and takes precedence. */
export const DEFAULT_DETECTORS: readonly ResourceDetector[] = [processDetector, hostDetector, envDetector]

/** Those of OTEL_NODE_RESOURCE_DETECTORS, and after them, named or not, OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES. */
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
    const exported = requirePackage(`@opentelemetry/resource-detector-${suffix}`) as Record<string, ResourceDetector>
    return detectors.flatMap((detector) => exported[detector] ?? []).map((detector) => boundedDetector(name, detector))
  } catch (error) {
    warnOnce(`detector ${name}`, `the resource detector "${name}" could not be loaded: ${messageOf(error)}`)
    return []
  }
}

/** Longer than this, no span waits for a detector. */
const LONGEST_DETECTION_MILLIS = 1_000

/**
 * A detector that is cut off, and named, when it takes longer: what it has not found out by then is missing from the resource.
 * One that fails finds nothing, and is named.
 */
function boundedDetector(name: string, detector: ResourceDetector): ResourceDetector {
  return {
    detect(config): DetectedResource {
      try {
        const { attributes, ...rest } = detector.detect(config)
        return { ...rest, ...(attributes && { attributes: bounded(name, attributes) }) }
      } catch (error) {
        warnOnce(`detector ${name}`, `the resource detector "${name}" failed: ${messageOf(error)}`)
        return {}
      }
    },
  }
}

function bounded(name: string, attributes: DetectedResourceAttributes): DetectedResourceAttributes {
  const { promise: late, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => {
    warnOnce(
      `detector ${name}`,
      `the resource detector "${name}" has found nothing in ${LONGEST_DETECTION_MILLIS} ms and is skipped; ` +
        'remove it from OTEL_NODE_RESOURCE_DETECTORS if it is not needed',
    )
    resolve(undefined)
  }, LONGEST_DETECTION_MILLIS)
  timer.unref()
  const found = Object.entries(attributes).map(([key, value]) => [
    key,
    isPending(value) ? untilLate(value, late) : value,
  ])
  const pending = Object.values(attributes).filter(isPending)
  void Promise.allSettled(pending.map((value) => Promise.resolve(value))).then(() => clearTimeout(timer))
  return Object.fromEntries(found) as DetectedResourceAttributes
}

type Value = DetectedResourceAttributes[string]

function isPending(value: Value): value is Extract<Value, PromiseLike<unknown>> {
  return typeof value === 'object' && value !== null && 'then' in value
}

/** A detector rejects where its cloud is not there. */
async function untilLate<T>(value: PromiseLike<T>, late: Promise<undefined>): Promise<T | undefined> {
  try {
    return await Promise.race([value, late])
  } catch {
    return undefined
  }
}
