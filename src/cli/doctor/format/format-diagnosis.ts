import { styleText } from 'node:util'
import type { Setting } from '../../../config/provenance.js'
import type { Diagnosis, Problem } from '../findings.js'
import type { TracingLedger } from '../../../export/pipeline/ledger.js'
import type { MissedModule, PatchedModule, Starter } from '../process-report.js'

/** The diagnosis for people. Colours where `stream` is a terminal, and NO_COLOR is not set. */
export function formatDiagnosis(diagnosis: Diagnosis, stream: NodeJS.WriteStream): string {
  const style = (format: 'bold' | 'green' | 'red' | 'yellow', text: string): string =>
    styleText(format, text, { stream })
  const { ok, summary, problems } = diagnosis
  const sections = [
    ['Tracing', tracingInWords(diagnosis)],
    ['Settings', settingsInWords(diagnosis.settings)],
    ['Ignored', diagnosis.ignored.map(({ name, why }) => (why.includes(name) ? why : `${name}: ${why}`))],
    ['Modules', modulesInWords(diagnosis)],
    ['Endpoint', endpointsInWords(diagnosis)],
    ['Spans', spansInWords(diagnosis)],
    ['App', appInWords(diagnosis)],
  ] as const
  const body = sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => `${style('bold', title)}\n${lines.map((line) => `  ${line}\n`).join('')}`)
  const headline = ok ? style('green', `✓ ${summary}`) : style('red', `✗ ${summary}`)
  const verdict = [
    headline,
    ...(ok ? [] : cureLines(problems[0])),
    ...problems.slice(ok ? 0 : 1).flatMap((each) => [style('yellow', `! ${each.problem}`), ...cureLines(each)]),
  ]
  return `${body.join('\n')}\n${verdict.join('\n')}\n`
}

const cureLines = (problem: Problem | undefined): string[] => (problem?.cure ? [`  ${problem.cure}`] : [])

const STARTERS: Readonly<Record<Starter, string>> = {
  flag: 'by the flag --import spanwright/register',
  code: 'by the app, in code',
  doctor: 'by this command, as the flag --import spanwright/register would',
  nobody: '',
}

function tracingInWords({ tracing, startedBy, processes }: Diagnosis): readonly string[] {
  if (tracing !== 'on')
    return [tracing === 'not reported' ? 'unknown: no Node.js process has reported' : `off (${tracing})`]
  const traced = processes.filter((process) => process.tracing === 'on')
  const where = traced.length > 1 ? `, in ${traced.length} processes or threads` : ''
  return [`on, started ${startedBy === undefined ? '' : STARTERS[startedBy]}${where}`]
}

/** Shown always; the others where they are not the default. */
const ALWAYS_SHOWN: ReadonlySet<string> = new Set([
  'service.name',
  'exporter',
  'protocol',
  'endpoint',
  'sampler',
  'propagators',
])

function settingsInWords(settings: readonly Setting[]): readonly string[] {
  const shown = settings.filter(({ name, source }) => ALWAYS_SHOWN.has(name) || source !== 'default')
  const width = Math.max(0, ...shown.map(({ name }) => name.length))
  const valueWidth = Math.min(44, Math.max(0, ...shown.map(({ value }) => value.length)))
  const lines = shown.map(({ name, value, source }) => `${name.padEnd(width)}  ${value.padEnd(valueWidth)}  ${source}`)
  const others = settings.length - shown.length
  return others > 0 ? [...lines, `and ${others} more by default; --json has them`] : lines
}

const WHY: Readonly<Record<MissedModule['why'], string>> = {
  'too late': 'loaded before tracing started',
  'switched off': 'switched off',
  version: 'its instrumentation does not take this version',
  bundled: "inside the app's bundle",
  'no instrumentation': 'no instrumentation; withSpan() where it matters',
}

const MOST_NAMES = 12

function modulesInWords({ app, modules: { patched, missed } }: Diagnosis): readonly string[] {
  if (!app || patched.length + missed.length === 0) return []
  const groups = Object.entries(Object.groupBy(missed, ({ why }) => why))
  return [
    `patched: ${namesOf(patched) || 'none'}`,
    ...groups.map(([why, list]) => `missed (${WHY[why as MissedModule['why']]}): ${namesOf(list)}`),
  ]
}

function namesOf(modules: readonly PatchedModule[]): string {
  const names = modules.map(({ name, version }) => (version === undefined ? name : `${name} ${version}`))
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : ''
  return names.slice(0, MOST_NAMES).join(', ') + more
}

function endpointsInWords({ endpoints }: Diagnosis): readonly string[] {
  return endpoints.map(({ endpoint, protocol, answer, words, tookMillis }) => {
    const said = words === '' ? '' : `: ${words}`
    const verdict = {
      accepted: `took a test span in ${tookMillis} ms${said}`,
      partial: `answered, and did not keep the test span${said}`,
      refused: `refused a test span${said}`,
      failed: `did not take a test span${said}`,
    }
    return `${endpoint} (${protocol}) ${verdict[answer]}`
  })
}

function spansInWords({ sampler, ledger }: Diagnosis): readonly string[] {
  return [...(ledger ? formatLedger(ledger) : []), ...(sampler === undefined ? [] : [`decided by ${sampler}`])]
}

function appInWords({ app }: Diagnosis): readonly string[] {
  if (!app || app.notStarted !== undefined) return []
  const how = app.signal === null ? `with status ${app.exitCode}` : `by ${app.signal}`
  const who = { itself: '', doctor: ', when the doctor had seen enough', signal: ', as the doctor was stopped' }
  return [app.command.join(' '), `ended ${how}${who[app.endedBy]}`]
}

type Part = readonly [count: number, words: string]

/** The ledger for people: how many were made, then where they are, without what is zero. */
function formatLedger(ledger: TracingLedger): readonly string[] {
  const sampled = ledger.started - ledger.notRecorded - ledger.sampledOut - ledger.open - ledger.undecided
  const parts: readonly Part[] = [
    [ledger.notRecorded + ledger.sampledOut, 'left out by the sampler'],
    [ledger.undecided, 'held back, their trace is not decided'],
    [ledger.open, 'never ended'],
    [ledger.queued + ledger.exporting, 'not sent yet'],
    [ledger.spooled, 'in the spool on disk'],
    [ledger.droppedQueueFull, 'dropped: the queue was full'],
    [ledger.droppedOutageBuffer, 'dropped: the outage buffer was full'],
    [ledger.droppedExportFailed, 'refused by the backend'],
    [ledger.droppedAtExit, 'lost as the app ended'],
  ]
  return [
    `${ledger.started} made, ${sampled} sampled, ${ledger.exported} delivered`,
    ...parts.filter(([count]) => count > 0).map(([count, words]) => `${count} ${words}`),
  ]
}
