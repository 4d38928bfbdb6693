import { redactedArguments } from '../../internal/privacy/secret-arguments.js'
import { readFileSync } from 'node:fs'
import { messageOf } from '../../internal/diagnostics/diagnostics.js'
import { readEnv } from '../../internal/runtime/env.js'
import type { TraceStore } from '../../viewer/model/trace-store.js'
import { parseQuery } from '../../viewer/query/parse.js'
import type { Query } from '../../viewer/query/query.js'
import { parseBaseline } from '../../viewer/text/baseline.js'
import { parseFailOn, parseLimits } from '../../viewer/text/fail-on.js'
import { outputOf, type OutputOptions } from '../../viewer/text/output.js'
import type { ReportArguments } from './arguments.js'

/** What a report needs to be told at its end. */
export interface ReportedRun {
  readonly startedMillis: number
  readonly command: readonly string[]
  readonly commandStatus: number
  /** What could not be read of files. */
  readonly problems: readonly string[]
}

/** Prints a report of what has arrived, and says what the command is to end with. */
export type PrintReport = (store: TraceStore, run: ReportedRun) => number

/**
 * Reads what the report is to be before anything runs: after ten minutes of tests is too late for a misspelt id.
 *
 * @throws Error that says what is wrong, in words for people
 */
export function reportPrinter(
  given: ReportArguments,
  stdout: NodeJS.WriteStream,
  stderr: NodeJS.WriteStream,
): PrintReport {
  const { format, traces, query, failOn, limits, baseline, github, allowEmpty } = given
  const options: OutputOptions = {
    format,
    style: { columns: stdout.columns || 120, colours: stdout.isTTY && readEnv('NO_COLOR') === undefined },
    withTraces: traces,
    limits: parseLimits(limits),
    allowsEmpty: allowEmpty,
    ...(query !== undefined && { query: queryIn(query) }),
    ...(failOn !== undefined && { failOn: parseFailOn(failOn) }),
    ...(baseline !== undefined && { baseline: baselineIn(baseline) }),
    ...(github && { githubRoot: readEnv('GITHUB_WORKSPACE') ?? process.cwd() }),
  }
  return (store, { startedMillis, command, commandStatus, problems }) => {
    const isRun = command.length > 0
    const output = outputOf(store, {
      ...options,
      problems,
      commandStatus,
      ...(isRun && { startedMillis, command: redactedArguments(command).join(' ') }),
    })
    stdout.write(output.stdout)
    stderr.write(output.stderr)
    return output.status
  }
}

function queryIn(text: string): Query {
  const query = parseQuery(text)
  if ('message' in query) throw new Error(`--query: ${query.message}`)
  return query
}

function baselineIn(file: string): ReturnType<typeof parseBaseline> {
  try {
    return parseBaseline(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new Error(`--baseline ${file}: ${messageOf(error)}`, { cause: error })
  }
}
