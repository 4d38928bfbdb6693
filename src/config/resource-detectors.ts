import {
  envDetector,
  hostDetector,
  osDetector,
  processDetector,
  serviceInstanceIdDetector,
  type ResourceDetector,
} from '@opentelemetry/resources'

const DETECTORS: Readonly<Record<string, ResourceDetector>> = {
  env: envDetector,
  host: hostDetector,
  os: osDetector,
  process: processDetector,
  serviceinstance: serviceInstanceIdDetector,
}

/** NodeSDK's. None of them waits for anything, and none calls the network. */
export const DEFAULT_DETECTORS: readonly ResourceDetector[] = [envDetector, processDetector, hostDetector]

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
