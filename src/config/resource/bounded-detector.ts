import type { DetectedResource, DetectedResourceAttributes, ResourceDetector } from '@opentelemetry/resources'
import { messageOf, warnOnce } from '../../internal/diagnostics/diagnostics.js'

/** Longer than this, no span waits for what a detector finds out. */
const LONGEST_DETECTION_MILLIS = 1_000

/**
 * A detector that is cut off, and named, when it takes longer: what it has not found out by then is missing from the resource.
 * One that fails finds nothing, and is named.
 */
export function boundedDetector(name: string, detector: ResourceDetector): ResourceDetector {
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

/** A rejection is a detector's way to say that it is not there. */
async function untilLate<T>(value: PromiseLike<T>, late: Promise<undefined>): Promise<T | undefined> {
  try {
    return await Promise.race([value, late])
  } catch {
    return undefined
  }
}
