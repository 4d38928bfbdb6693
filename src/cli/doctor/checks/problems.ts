import { isSeenToArrive } from '../aggregate.js'
import type { Diagnosis, Problem } from '../findings.js'
import type { ProcessReport } from '../process-report.js'
import type { EndpointFindings } from './test-export.js'

/** All findings, without the conclusions. */
type Found = Omit<Diagnosis, 'ok' | 'summary' | 'problems'>
/** Looks for one thing that can be wrong. `main`: the process whose settings are shown. */
type Check = (found: Found, main: ProcessReport | undefined) => Problem | undefined

/** Everything that is wrong, in the order in which to fix it, and whether a span has arrived all the same. */
export function problemsOf(found: Found, main: ProcessReport | undefined): { problems: Problem[]; ok: boolean } {
  const blocking = BLOCKERS.map((check) => check(found, main)).find((problem) => problem !== undefined)
  // Where nothing arrived because of the endpoint, that is in the list already.
  const others = ADVISORIES.flatMap((check) => check(found, main) ?? []).filter(
    ({ cure }) => !cure || cure !== blocking?.cure,
  )
  const crash = crashed(found)
  const problems = [...(blocking ? [blocking] : []), ...(crash ? [crash] : []), ...others]
  return { problems, ok: !blocking && !crash }
}

const problem = (text: string, cure = ''): Problem => ({ problem: text, cure })

function crashed({ app }: Found): Problem | undefined {
  if (!app || app.notStarted !== undefined || app.endedBy !== 'itself') return undefined
  if (app.exitCode === 0) return undefined
  const how = app.signal === null ? `with status ${app.exitCode}` : `by ${app.signal}`
  return problem(`The app ended ${how}.`)
}

const ONE_SDK = 'Keep one of the two: remove the start of the other one, or of spanwright.'

const warningOf = (warnings: readonly string[], subject: string): string =>
  warnings.find((warning) => warning.includes(subject)) ?? `${subject} is in use already`

const START = 'Start it by "node --import spanwright/register …", or call startTracing() first.'

function notStarted({ app }: Found): Problem | undefined {
  if (app?.notStarted === undefined) return undefined
  const [file = ''] = app.command
  const isMissing = app.notStarted.includes('ENOENT')
  return problem(
    isMissing ? `There is no command "${file}".` : `The app could not be started: ${app.notStarted}.`,
    isMissing
      ? 'Is it installed, and written as in a shell? With npx before it, it is looked for in node_modules.'
      : '',
  )
}

function notReported({ tracing }: Found): Problem | undefined {
  if (tracing !== 'not reported') return undefined
  return problem(
    'No Node.js process of the app was seen.',
    'The command must end in Node.js 22.15 or newer, and nothing in between may clear NODE_OPTIONS.',
  )
}

function off({ tracing, warnings }: Found, main: ProcessReport | undefined): Problem | undefined {
  if (tracing === 'disabled') {
    const byFile = main?.environment.OTEL_CONFIG_FILE !== undefined
    const who = byFile ? 'the file of OTEL_CONFIG_FILE' : 'OTEL_SDK_DISABLED=true'
    return problem(`Tracing is off: ${who} disables it.`, byFile ? 'Remove "disabled: true".' : 'Unset it.')
  }
  if (tracing === 'wrong file') {
    const said = warnings.find((warning) => warning.startsWith('OTEL_CONFIG_FILE')) ?? ''
    return problem(`Tracing is off: ${said || 'the file of OTEL_CONFIG_FILE is wrong'}.`, 'Correct the file.')
  }
  if (tracing === 'another SDK') {
    return problem(`Tracing is off: ${warningOf(warnings, 'another OpenTelemetry SDK')}.`, ONE_SDK)
  }
  if (tracing === 'another API') {
    return problem(`Tracing is off: ${warningOf(warnings, 'the OpenTelemetry API')}.`)
  }
  if (tracing === 'failed' && isTooOld(main?.node ?? '')) {
    return problem(`Tracing could not start: the app runs in Node.js ${main?.node}.`, 'It needs 22.15 or newer.')
  }
  if (tracing === 'failed') return problem(`Tracing could not start: ${main?.failure ?? ''}.`)
  if (tracing !== 'not started') return undefined
  const isInCode = main?.starter === 'code'
  return problem(
    isInCode ? 'The app has startTracing() in its code, but did not call it.' : 'The app never started tracing.',
    isInCode ? 'Is it called before the app does its work, on every path through the code?' : START,
  )
}

function isTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.replace('v', '').split('.').map(Number)
  return major < 22 || (major === 22 && minor < 15)
}

function sentNowhere({ settings, tracing }: Found, main: ProcessReport | undefined): Problem | undefined {
  const ways = main?.ways ?? []
  if (tracing !== 'on' || ways.some(isSeenToArrive)) return undefined
  const { value = 'none', source = 'default' } = settings.find(({ name }) => name === 'exporter') ?? {}
  const [first] = ways
  if (first?.kind === 'unknown') {
    return problem(
      `Spans are handed to ${value}, and whether it sends them can't be seen from here.`,
      "Give 'auto' a place in spanProcessors, or use spanwright's BatchSpanProcessor there.",
    )
  }
  const where = first?.kind === 'console' ? 'they are printed by the console exporter' : 'there is no exporter'
  return problem(
    `Spans are not sent: ${where} (${source}).`,
    main?.environment.OTEL_CONFIG_FILE === undefined
      ? 'For a backend: OTEL_TRACES_EXPORTER=otlp, which is the default.'
      : 'For a backend: give the tracer_provider of the file of OTEL_CONFIG_FILE a processor with an exporter.',
  )
}

function noneMade({ app, ledger }: Found): Problem | undefined {
  if (!app || !ledger || ledger.started > 0) return undefined
  return problem(
    'The app made no span.',
    'Spans begin with a request, a query or withSpan(): send the app a request while the doctor watches.',
  )
}

function noneSampled({ app, ledger, sampler = '' }: Found): Problem | undefined {
  const cure = 'Choose another one: OTEL_TRACES_SAMPLER, or the option "sampler".'
  if (!app) return isOff(sampler) ? problem(`No span is sampled: the sampler is ${sampler}.`, cure) : undefined
  if (!ledger || ledger.started === 0 || ledger.notRecorded + ledger.sampledOut < ledger.started) return undefined
  return problem(`No span was sampled: the sampler is ${sampler}.`, cure)
}

const isOff = (sampler: string): boolean => sampler.startsWith('AlwaysOff')

const failingOne = (endpoints: readonly EndpointFindings[]): EndpointFindings | undefined =>
  endpoints.find(({ answer }) => answer !== 'accepted')

function noneDelivered({ app, ledger, endpoints, warnings }: Found): Problem | undefined {
  const failing = failingOne(endpoints)
  if (failing && (!app || ledger?.exported === 0)) {
    const { endpoint, protocol, words, answer, cure } = failing
    const verb = answer === 'failed' ? 'No span can be delivered' : 'The backend does not take spans'
    return problem(`${verb}: ${endpoint} (${protocol}): ${words}.`, cure)
  }
  if (!app || !ledger || ledger.exported > 0) return undefined
  if (ledger.spooled > 0) return problem('No span arrived yet: they are in the spool on disk.')
  const loss = warnings.findLast((warning) => /lost at exit|dropped|failed/.test(warning))
  if (loss !== undefined) return problem(`No span of the app arrived: ${loss}`)
  return ledger.open > 0
    ? problem(`No span arrived: ${ledger.open} had not ended when the app did.`, 'Does the code end its spans?')
    : problem('No span of the app arrived.', 'The reason may be in the log of spanwright on stderr.')
}

/** The first of these is the reason that nothing arrives; the later ones follow from it. */
const BLOCKERS: readonly Check[] = [notStarted, notReported, off, sentNowhere, noneMade, noneSampled, noneDelivered]

function killed({ app }: Found): Problem | undefined {
  if (!app?.wasKilled) return undefined
  return problem(
    'The app did not end by itself after its signal, and was ended by SIGKILL.',
    'Its servers and timers have to be closed on SIGTERM: otherwise the platform does the same, and spans are lost.',
  )
}

function lost({ ledger }: Found): Problem | undefined {
  if (!ledger || ledger.exported === 0) return undefined
  const { droppedQueueFull, droppedOutageBuffer, droppedExportFailed, droppedAtExit } = ledger
  const count = droppedQueueFull + droppedOutageBuffer + droppedExportFailed + droppedAtExit
  return count > 0 ? problem(`Of the app's spans, ${count} did not arrive.`) : undefined
}

function endpointFails({ app, endpoints }: Found): Problem | undefined {
  const failing = failingOne(endpoints)
  if (!app || !failing) return undefined
  return problem(`A test span failed: ${failing.endpoint} (${failing.protocol}): ${failing.words}.`, failing.cure)
}

function tooLate({ modules }: Found): Problem | undefined {
  const late = modules.missed.filter(({ why }) => why === 'too late').map(({ name }) => name)
  if (late.length === 0) return undefined
  return problem(
    `Not traced, because loaded before tracing started: ${late.join(', ')}.`,
    'Start the app by "node --import spanwright/register", or import it after the start: await import("./app.js")',
  )
}

function bundled({ modules }: Found): Problem | undefined {
  const inside = modules.missed.filter(({ why }) => why === 'bundled').map(({ name }) => name)
  if (inside.length === 0) return undefined
  return problem(
    `Not traced, because inside the app's bundle: ${inside.join(', ')}.`,
    'Leave packages outside of the bundle (esbuild: --packages=external).',
  )
}

function unusedOptions(_found: Found, main: ProcessReport | undefined): Problem | undefined {
  if (!main || main.unusedOptions.length === 0) return undefined
  const names = main.unusedOptions.join(', ')
  const cure =
    main.starter === 'doctor'
      ? 'It starts tracing itself, which the doctor did not see in time: add --no-start before the two dashes.'
      : 'Tracing was started before, by the flag or by another call: start it in one place.'
  return problem(`Options of startTracing() had no effect: ${names}.`, cure)
}

function lateVariables(_found: Found, main: ProcessReport | undefined): Problem | undefined {
  const names = main?.lateVariables ?? []
  if (names.length === 0) return undefined
  return problem(
    `Set after tracing had started, too late to count: ${names.join(', ')}.`,
    'Load the file of variables first: node --env-file=.env --import spanwright/register …',
  )
}

/** Spans arrive in spite of these. */
const ADVISORIES: readonly Check[] = [lost, endpointFails, tooLate, bundled, unusedOptions, lateVariables, killed]
