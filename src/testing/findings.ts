import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { findingsInSpans } from '../viewer/findings-in-spans.js'
import type { Finding } from '../viewer/model/finding.js'

/**
 * What is wrong with spans that have ended, the worst first; the same that `spanwright view` says of them. For tests of
 * your own code, with `collectSpans`:
 *
 * ```ts
 * await using spans = collectSpans()
 * await getOrders()
 * expect(findings(spans).filter(({ id }) => id === 'n+1')).toEqual([])
 * ```
 *
 * Ask for the ids that the test is about: those of durations (`slow-query`, `slow-part` …) depend on the machine. A span
 * whose parent is not among the spans counts as a root. docs/viewer.md lists the ids with their limits.
 */
export function findings(spans: readonly ReadableSpan[]): Finding[] {
  return findingsInSpans(spans)
}
