import type { InstrumentationClass } from '../loading/guarded-patches.js'
import { withFaithfulRequests } from '../http-client/outgoing-requests.js'
import { withOutcomes } from './http-outcomes.js'
import { withFastPath } from '../http-server/fast-path.js'

/** OpenTelemetry's instrumentation of http, with what is ours in it. */
export function withOurHttp(Class: InstrumentationClass): InstrumentationClass {
  return withFaithfulRequests(withFastPath(withOutcomes(Class)))
}
