import type { Check, Found } from './check.js'
import type { Problem } from '../findings.js'
import type { ProcessReport } from '../process-report.js'

function killed({ app }: Found): Problem | undefined {
  if (!app?.wasKilled) return undefined
  return {
    problem: 'The app did not end by itself after its signal, and was ended by SIGKILL.',
    cure: 'Its servers and timers have to be closed on SIGTERM: otherwise the platform does the same, and spans are lost.',
  }
}

function lost({ ledger }: Found): Problem | undefined {
  if (!ledger || ledger.exported === 0) return undefined
  const { droppedQueueFull, droppedOutageBuffer, droppedExportFailed, droppedAtExit } = ledger
  const count = droppedQueueFull + droppedOutageBuffer + droppedExportFailed + droppedAtExit
  return count > 0 ? { problem: `Of the app's spans, ${count} did not arrive.`, cure: '' } : undefined
}

function endpointFails({ app, endpoints }: Found): Problem | undefined {
  const failing = endpoints.find(({ answer }) => answer !== 'accepted')
  if (!app || !failing) return undefined
  return {
    problem: `A test span failed: ${failing.endpoint} (${failing.protocol}): ${failing.words}.`,
    cure: failing.cure,
  }
}

function tooLate({ modules }: Found): Problem | undefined {
  const late = modules.missed.filter(({ why }) => why === 'too late').map(({ name }) => name)
  if (late.length === 0) return undefined
  return {
    problem: `Not traced, because loaded before tracing started: ${late.join(', ')}.`,
    cure: 'Start the app by "node --import spanwright/register", or import it after the start: await import("./app.js")',
  }
}

function bundled({ modules }: Found): Problem | undefined {
  const inside = modules.missed.filter(({ why }) => why === 'bundled').map(({ name }) => name)
  if (inside.length === 0) return undefined
  return {
    problem: `Not traced, because inside the app's bundle: ${inside.join(', ')}.`,
    cure: 'Leave packages outside of the bundle (esbuild: --packages=external).',
  }
}

function unusedOptions(_found: Found, main: ProcessReport | undefined): Problem | undefined {
  if (!main || main.unusedOptions.length === 0) return undefined
  const names = main.unusedOptions.join(', ')
  const cure =
    main.starter === 'doctor'
      ? 'It starts tracing itself, which the doctor did not see in time: add --no-start before the two dashes.'
      : 'Tracing was started before, by the flag or by another call: start it in one place.'
  return { problem: `Options of startTracing() were not looked at: ${names}.`, cure }
}

function lateVariables(_found: Found, main: ProcessReport | undefined): Problem | undefined {
  const names = main?.lateVariables ?? []
  if (names.length === 0) return undefined
  return {
    problem: `Set after tracing had started, too late to count: ${names.join(', ')}.`,
    cure: 'Load the file of variables first: node --env-file=.env --import spanwright/register …',
  }
}

/** What does not keep spans from arriving. */
export const ADVISORIES: readonly Check[] = [
  lost,
  endpointFails,
  tooLate,
  bundled,
  unusedOptions,
  lateVariables,
  killed,
]
