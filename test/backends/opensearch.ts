import { join } from 'node:path'
import { freePort } from '../helpers/free-port.js'
import { startNode } from '../helpers/run-node.js'
import { REPOSITORY } from '../helpers/traced-app.js'
import { temporaryFolder } from './collector.js'
import { programPath } from './programs.js'

export interface RunningOpenSearch extends AsyncDisposable {
  readonly url: string
  /** Lines of JSON as documents of an index; they are found when this settles. */
  index(index: string, lines: readonly string[]): Promise<void>
  /** The documents that a body of `_search` finds. */
  search<T>(index: string, body: string): Promise<readonly T[]>
}

/** A node of its own, with its API on the loopback. */
export async function startOpenSearch(): Promise<RunningOpenSearch> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder('opensearch'))
  const [port, transport] = await Promise.all([freePort(), freePort()])
  const node = await startNode({
    node: 'java',
    args: [
      '-Xmx600m',
      '-cp',
      join(programPath('opensearch'), '*'),
      join(REPOSITORY, 'scripts/backends/opensearch/OpenSearchNode.java'),
      folder.path,
      String(port),
      String(transport),
    ],
    ready: /^listening$/,
    timeoutMillis: 110_000,
  })
  stack.defer(async () => {
    await node.stop({ timeoutMillis: 20_000 })
  })
  const url = `http://127.0.0.1:${port}`
  const post = async <T>(path: string, type: string, body: string): Promise<T> => {
    const answer = await fetch(`${url}/${path}`, { method: 'POST', headers: { 'content-type': type }, body })
    if (!answer.ok) throw new Error(await answer.text())
    return (await answer.json()) as T
  }
  const started = stack.move()
  return {
    url,
    async index(index, lines) {
      const body = lines.map((line) => `{"index":{}}\n${line}\n`).join('')
      const { errors } = await post<{ errors: boolean }>(`${index}/_bulk?refresh=true`, 'application/x-ndjson', body)
      if (errors) throw new Error(`OpenSearch has refused one of\n${lines.join('\n')}`)
    },
    async search<T>(index: string, body: string) {
      type Found = { hits: { hits: { _source: T }[] } }
      const { hits } = await post<Found>(`${index}/_search`, 'application/json', body)
      return hits.hits.map(({ _source }) => _source)
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }
}
