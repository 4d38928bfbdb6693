import type { Found } from './check.js'
import type { Problem } from '../findings.js'
import type { ProcessReport } from '../process-report.js'
import { BLOCKERS } from './blockers.js'
import { ADVISORIES } from './advisories.js'

/** Everything that is wrong, in the order in which it would be mended, and whether a span has arrived all the same. */
export function problemsOf(found: Found, main: ProcessReport | undefined): { problems: Problem[]; ok: boolean } {
  const blocking = BLOCKERS.map((check) => check(found, main)).find((problem) => problem !== undefined)
  // Where the endpoint is why nothing arrived, it has been told.
  const others = ADVISORIES.flatMap((check) => check(found, main) ?? []).filter(
    ({ cure }) => !cure || cure !== blocking?.cure,
  )
  const crash = crashed(found)
  const problems = [...(blocking ? [blocking] : []), ...(crash ? [crash] : []), ...others]
  return { problems, ok: !blocking && !crash }
}

function crashed({ app }: Found): Problem | undefined {
  if (!app || app.notStarted !== undefined || app.endedBy !== 'itself') return undefined
  if (app.exitCode === 0) return undefined
  const how = app.signal === null ? `with status ${app.exitCode}` : `by ${app.signal}`
  return { problem: `The app ended ${how}.`, cure: '' }
}
