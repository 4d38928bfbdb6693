export const EXIT = { fine: 0, findings: 1, wrongUse: 2, nothingArrived: 3 } as const

interface Outcome {
  /** Spans that arrived, whatever the query leaves of them. */
  readonly spans: number
  /** Whether `--fail-on` was given, and how many findings it names. */
  readonly hasFailOn: boolean
  readonly failing: number
  readonly allowsEmpty: boolean
  /** Of the command that was run; 0 without one. */
  readonly commandStatus: number
}

/**
 * A green job that traced nothing is worse than a red one: without a span a run with `--fail-on` is none that passed.
 * What the command itself ended with is passed on where there is nothing to add.
 */
export function exitStatus({ spans, hasFailOn, failing, allowsEmpty, commandStatus }: Outcome): number {
  if (failing > 0) return EXIT.findings
  if (hasFailOn && spans === 0 && !allowsEmpty) return EXIT.nothingArrived
  return commandStatus
}
