import type { Finding } from '../../model/finding.js'
import type { TraceAnalysis } from '../trace-analysis.js'
import { blockedLoops } from './across/blocked-loop.js'
import { cacheMisses } from './across/cache-miss.js'
import { coldStartIds, coldStarts } from './across/cold-start.js'
import { unusual } from './across/unusual.js'
import { byImportance } from './findings-of.js'

/** What no trace shows alone: slow against its kind, first requests, caches that miss, a blocked event loop. */
export function findingsAcross(traces: readonly TraceAnalysis[]): Finding[] {
  return [
    ...coldStarts(traces),
    ...cacheMisses(traces),
    ...blockedLoops(traces),
    ...unusual(traces, coldStartIds(traces)),
  ].sort(byImportance)
}
