import { fixture, REPOSITORY } from '../helpers/traced-app.js'
import { startNode, type RunningNode } from '../helpers/run-node.js'
import { join } from 'node:path'
import { programPath } from './programs.js'

export type Language = 'node' | 'python' | 'go'

/** What each of the services answers: the context that it was called in, and the next one's answer. */
export interface Answer {
  readonly service: Language
  readonly traceId: string
  readonly isSampled: boolean
  readonly traceState: string
  readonly next?: Answer
}

export interface RunningService extends AsyncDisposable {
  readonly url: string
}

const COMMANDS: Readonly<Record<Language, { readonly node?: string; readonly args: readonly string[] }>> = {
  node: { args: ['--import', 'spanwright/register', fixture('backends/service.mjs')] },
  python: { node: programPath('python'), args: [join(REPOSITORY, 'examples/polyglot/python-service.py')] },
  go: { node: programPath('go'), args: [] },
}

/** Starts a service that is traced as one does it in its language. Its variables are OpenTelemetry's in all of them. */
export async function startService(
  language: Language,
  env: Readonly<Record<string, string>>,
  next?: RunningService,
): Promise<RunningService> {
  const running: RunningNode = await startNode({
    ...COMMANDS[language],
    cwd: REPOSITORY,
    env: { ...env, ...(next && { NEXT_URL: next.url }) },
    ready: /listening on (\d+)/,
    timeoutMillis: 30_000,
  })
  return {
    url: `http://127.0.0.1:${running.ready[1]}/orders`,
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  }
}

export const ask = async (service: RunningService, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  (await (await fetch(service.url, { headers })).json()) as Answer

/** The services of a chain, the first one first: starts the last one first, and ends them in reverse. */
export async function startChain(
  stack: AsyncDisposableStack,
  chain: readonly { readonly language: Language; readonly env: Readonly<Record<string, string>> }[],
): Promise<RunningService> {
  let next: RunningService | undefined
  for (const { language, env } of chain.toReversed()) next = stack.use(await startService(language, env, next))
  if (!next) throw new Error('a chain has services')
  return next
}
