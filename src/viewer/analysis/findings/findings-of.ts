import type { Finding, FindingLevel, FindingLimits } from '../../model/finding.js'
import type { TraceAnalysis } from '../trace-analysis.js'
import { chatty } from './calls/chatty.js'
import { duplicate } from './calls/duplicate.js'
import { fanOut } from './calls/fan-out.js'
import { nPlusOneHttp } from './calls/n-plus-one-http.js'
import { nPlusOneWrite } from './calls/n-plus-one-write.js'
import { nPlusOne } from './calls/n-plus-one.js'
import { retries } from './calls/retries.js'
import { sequential } from './calls/sequential.js'
import { error } from './errors/error.js'
import { swallowed } from './errors/swallowed.js'
import { TraceFacts, type Detector } from './facts.js'
import { coldStartByAttribute } from './across/cold-start.js'
import { connect, poolWait } from './times/pool-wait.js'
import { slowCall } from './times/slow-call.js'
import { slowPart } from './times/slow-part.js'
import { slowQuery } from './times/slow-query.js'
import { dropped } from './traces/dropped.js'
import { manyAlike } from './traces/many-alike.js'
import { orphan } from './traces/orphan.js'
import { payload } from './traces/payload.js'
import { unended } from './traces/unended.js'

const DETECTORS: readonly Detector[] = [
  error,
  swallowed,
  nPlusOne,
  fanOut,
  nPlusOneWrite,
  nPlusOneHttp,
  duplicate,
  sequential,
  slowQuery,
  slowCall,
  slowPart,
  poolWait,
  connect,
  retries,
  chatty,
  payload,
  coldStartByAttribute,
  orphan,
  unended,
  dropped,
  manyAlike,
]

const RANKS: Readonly<Record<FindingLevel, number>> = { error: 0, warning: 1, info: 2 }

/** What is wrong with one settled trace, the worst first. */
export function findingsOf(analysis: TraceAnalysis, limits?: FindingLimits): Finding[] {
  const facts = new TraceFacts(analysis, limits)
  return DETECTORS.flatMap((detect) => detect(facts)).sort(byImportance)
}

/** By level, then by the share of the critical path, then by count. */
export function byImportance(
  a: Pick<Finding, 'level' | 'pathShare' | 'count'>,
  b: Pick<Finding, 'level' | 'pathShare' | 'count'>,
): number {
  return RANKS[a.level] - RANKS[b.level] || b.pathShare - a.pathShare || b.count - a.count
}
