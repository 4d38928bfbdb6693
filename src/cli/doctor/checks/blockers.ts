import type { Problem } from '../findings.js'
import { isSeenToArrive } from '../aggregate.js'
import type { Check, Found } from './check.js'
import type { ProcessReport } from '../process-report.js'

const ONE_SDK = 'Keep one of the two: remove the start of the other one, or of spanwright.'

const told = (warnings: readonly string[], subject: string): string =>
  warnings.find((warning) => warning.includes(subject)) ?? `${subject} is in use already`

const START = 'Start it by "node --import spanwright/register …", or call startTracing() first.'

function notStarted({ app }: Found): Problem | undefined {
  if (app?.notStarted === undefined) return undefined
  const [file = ''] = app.command
  const isMissing = app.notStarted.includes('ENOENT')
  return {
    problem: isMissing ? `There is no command "${file}".` : `The app could not be started: ${app.notStarted}.`,
    cure: isMissing
      ? 'Is it installed, and written as in a shell? With npx before it, it is looked for in node_modules.'
      : '',
  }
}

function notReported({ tracing }: Found): Problem | undefined {
  if (tracing !== 'not reported') return undefined
  return {
    problem: 'No Node.js process of the app was seen.',
    cure: 'The command must end in Node.js 22.15 or newer, and nothing may clear NODE_OPTIONS on the way to it.',
  }
}

function off({ tracing, warnings }: Found, main: ProcessReport | undefined): Problem | undefined {
  if (tracing === 'disabled') {
    const byFile = main?.environment.OTEL_CONFIG_FILE !== undefined
    const who = byFile ? 'the file of OTEL_CONFIG_FILE' : 'OTEL_SDK_DISABLED=true'
    return { problem: `Tracing is off: ${who} disables it.`, cure: byFile ? 'Remove "disabled: true".' : 'Unset it.' }
  }
  if (tracing === 'wrong file') {
    const said = warnings.find((warning) => warning.startsWith('OTEL_CONFIG_FILE')) ?? ''
    return { problem: `Tracing is off: ${said || 'the file of OTEL_CONFIG_FILE is wrong'}.`, cure: 'Mend the file.' }
  }
  if (tracing === 'another SDK') {
    return { problem: `Tracing is off: ${told(warnings, 'another OpenTelemetry SDK')}.`, cure: ONE_SDK }
  }
  if (tracing === 'another API') {
    return { problem: `Tracing is off: ${told(warnings, 'the OpenTelemetry API')}.`, cure: '' }
  }
  if (tracing === 'failed' && isTooOld(main?.node ?? '')) {
    return {
      problem: `Tracing could not start: the app runs in Node.js ${main?.node}.`,
      cure: 'It needs 22.15 or newer.',
    }
  }
  if (tracing === 'failed') return { problem: `Tracing could not start: ${main?.failure ?? ''}.`, cure: '' }
  if (tracing !== 'not started') return undefined
  const isInCode = main?.starter === 'code'
  return {
    problem: isInCode
      ? 'The app has startTracing() in its code, but did not call it.'
      : 'The app never started tracing.',
    cure: isInCode ? 'Is it called before the app does its work, on every way through the code?' : START,
  }
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
    return {
      problem: `Spans are handed to ${value}, and whether it sends them can't be seen from here.`,
      cure: "Give 'auto' a place in spanProcessors, or use spanwright's BatchSpanProcessor there.",
    }
  }
  const where = first?.kind === 'console' ? 'they are printed by the console exporter' : 'there is no exporter'
  return {
    problem: `Spans are not sent: ${where} (${source}).`,
    cure:
      main?.environment.OTEL_CONFIG_FILE === undefined
        ? 'For a backend: OTEL_TRACES_EXPORTER=otlp, which is the default.'
        : 'For a backend: give the tracer_provider of the file of OTEL_CONFIG_FILE a processor with an exporter.',
  }
}

function noneMade({ app, ledger }: Found): Problem | undefined {
  if (!app || !ledger || ledger.started > 0) return undefined
  return {
    problem: 'The app made no span.',
    cure: 'Spans begin with a request, a query or withSpan(): send the app a request while the doctor watches.',
  }
}

function noneSampled({ app, ledger, sampler = '' }: Found): Problem | undefined {
  const cure = 'Choose another one: OTEL_TRACES_SAMPLER, or the option "sampler".'
  if (!app) return isOff(sampler) ? { problem: `No span is sampled: the sampler is ${sampler}.`, cure } : undefined
  if (!ledger || ledger.started === 0 || ledger.notRecorded + ledger.sampledOut < ledger.started) return undefined
  return { problem: `No span was sampled: the sampler is ${sampler}.`, cure }
}

const isOff = (sampler: string): boolean => sampler.startsWith('AlwaysOff')

function noneDelivered({ app, ledger, endpoints, warnings }: Found): Problem | undefined {
  const failing = endpoints.find(({ answer }) => answer !== 'accepted')
  if (failing && (!app || ledger?.exported === 0)) {
    const { endpoint, protocol, words, answer, cure } = failing
    const verb = answer === 'failed' ? 'No span can be delivered' : 'The backend does not take spans'
    return { problem: `${verb}: ${endpoint} (${protocol}): ${words}.`, cure }
  }
  if (!app || !ledger || ledger.exported > 0) return undefined
  if (ledger.spooled > 0) return { problem: 'No span arrived yet: they are in the spool on disk.', cure: '' }
  const told = warnings.findLast((warning) => /lost at exit|dropped|failed/.test(warning))
  if (told !== undefined) return { problem: `No span of the app arrived: ${told}`, cure: '' }
  return ledger.open > 0
    ? {
        problem: `No span arrived: ${ledger.open} had not ended when the app did.`,
        cure: 'Does the code end its spans?',
      }
    : { problem: 'No span of the app arrived.', cure: 'What spanwright said on stderr may say why.' }
}

/** Of these the first says why there is nothing to see; the later ones follow from it. */
export const BLOCKERS: readonly Check[] = [
  notStarted,
  notReported,
  off,
  sentNowhere,
  noneMade,
  noneSampled,
  noneDelivered,
]
