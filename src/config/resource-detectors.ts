import {
  envDetector,
  hostDetector,
  osDetector,
  processDetector,
  serviceInstanceIdDetector,
  type ResourceDetector,
} from '@opentelemetry/resources'
import { readEnv, withoutEnv } from '../internal/env.js'

const DETECTORS: Readonly<Record<string, ResourceDetector>> = {
  env: envDetector,
  host: hostDetector,
  os: osDetector,
  process: processDetector,
  serviceinstance: serviceInstanceIdDetector,
}

/** NodeSDK's. None of them waits for anything, and none calls the network. */
export const DEFAULT_DETECTORS: readonly ResourceDetector[] = [envDetector, processDetector, hostDetector]

/** OpenTelemetry's detector leaves out wrong OTEL_RESOURCE_ATTRIBUTES without a word; whether it does is seen by trying. */
export function areEnvAttributesWrong(): boolean {
  if (readEnv('OTEL_RESOURCE_ATTRIBUTES') === undefined) return false
  const { attributes } = withoutEnv(/^OTEL_SERVICE_NAME$/, () => envDetector.detect())
  return Object.keys(attributes ?? {}).length === 0
}

/** The names of OTEL_NODE_RESOURCE_DETECTORS, with `all` and `none`. */
export function detectorsByName(
  names: readonly string[],
  unknown: (name: string) => void,
): readonly ResourceDetector[] {
  if (names.includes('none')) return []
  if (names.includes('all')) return Object.values(DETECTORS)
  return names.flatMap((name) => {
    const detector = Object.hasOwn(DETECTORS, name) ? DETECTORS[name] : undefined
    if (!detector) unknown(name)
    return detector ?? []
  })
}
