import { expect } from 'vitest'
import type { ReceivedSpan } from '../../helpers/otlp-sink.js'
import { spanTree } from '../../helpers/span-tree.js'
import { runTracedApp } from '../../helpers/traced-app.js'

export interface LibraryRun {
  readonly stdout: string
  readonly spans: readonly ReceivedSpan[]
  /** Without sockets and names of the service; failed ones are marked. */
  readonly tree: readonly string[]
}

/** What a library has in the two kinds of modules. */
export const WAYS = ['require', 'import'] as const

/** Runs test/fixtures/libraries/<library>.mjs with the library, under the flag. Nothing may be said, and the process ends by itself. */
export async function runLibrary(
  library: string,
  way: (typeof WAYS)[number],
  env: Readonly<Record<string, string>> = {},
): Promise<LibraryRun> {
  const run = await runTracedApp('libraries/run.mjs', { args: [library, way], env, timeoutMillis: 25_000 })
  expect({ exitCode: run.exitCode, said: run.said }).toEqual({ exitCode: 0, said: [] })
  const spans = run.spans.filter(({ scope }) => !/-(net|dns)$/.test(scope.name))
  return { stdout: run.stdout, spans, tree: treeOf(spans) }
}

export function treeOf(spans: readonly ReceivedSpan[]): string[] {
  const marked = spans.map((span) => ({ ...span, name: `${span.name}${span.status.code === 'ERROR' ? ' ERROR' : ''}` }))
  return spanTree(marked).map((line) => line.replace(/ \([^()]*\)(?=$| \[)/, ''))
}

export function named(spans: readonly ReceivedSpan[], name: string): ReceivedSpan {
  const found = spans.find((span) => span.name === name)
  if (!found) throw new Error(`no span ${name} among ${spans.map((span) => span.name).join(', ')}`)
  return found
}

/** Everything that is written of the spans, to look for what must not be there. */
export const written = (spans: readonly ReceivedSpan[]): string =>
  JSON.stringify(
    spans.map(({ name, attributes, events, status }) => [name, attributes, events, status]),
    (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
  )
