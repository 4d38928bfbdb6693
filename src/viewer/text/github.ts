import { isAbsolute, relative, sep } from 'node:path'
import type { FindingReport } from './report.js'

/** What GitHub shows of a step: so many annotations of a kind. */
const MOST_OF_A_KIND = 10

const COMMANDS = { error: 'error', warning: 'warning', info: 'notice' } as const

/**
 * Findings as workflow commands, one a line: GitHub shows them beside the code of a pull request. Those that make the
 * command fail are errors there, whatever their level; known ones are left out. `root` is the repository's folder.
 */
export function githubAnnotations(findings: readonly FindingReport[], root: string): string[] {
  const lines: string[] = []
  const written = { error: 0, warning: 0, notice: 0 }
  const failing = findings.filter(({ fails }) => fails === true)
  for (const finding of [...failing, ...findings.filter(({ fails }) => fails !== true)]) {
    const command = finding.fails === true ? 'error' : COMMANDS[finding.level]
    if (finding.isKnown === true || written[command] === MOST_OF_A_KIND) continue
    written[command] += 1
    lines.push(annotation(command, finding, root))
  }
  return lines
}

function annotation(command: string, finding: FindingReport, root: string): string {
  const { id, sentence, advice, traces, ofTraces, code } = finding
  const file = code && pathWithin(root, code.path)
  const properties = [
    ...(file === undefined ? [] : [`file=${property(file)}`]),
    ...(file === undefined || code?.line === undefined ? [] : [`line=${code.line}`]),
    `title=${property(`spanwright: ${id}`)}`,
  ]
  const message = [sentence, ...(advice === undefined ? [] : [advice]), `In ${traces} of ${ofTraces} traces.`].join(
    '\n',
  )
  return `::${command} ${properties.join(',')}::${data(message)}`
}

/** With slashes, as GitHub has paths; `undefined` for a file outside of the repository. */
function pathWithin(root: string, file: string): string | undefined {
  const path = isAbsolute(file) ? relative(root, file) : file
  return path === '' || path.startsWith('..') || isAbsolute(path) ? undefined : path.split(sep).join('/')
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
