import { freePort } from '../helpers/free-port.js'
import { startNode } from '../helpers/run-node.js'
import { temporaryFolder } from './collector.js'
import { programPath } from './programs.js'

export interface RunningVictoriaLogs extends AsyncDisposable {
  /** Where it takes OTLP. */
  readonly otlpLogsUrl: string
  /** Lines of JSON, as a log shipper sends them. */
  push(lines: readonly string[]): Promise<void>
  /** The lines that a LogsQL query finds, oldest first. */
  query(query: string): Promise<readonly Readonly<Record<string, string>>[]>
}

export async function startVictoriaLogs(): Promise<RunningVictoriaLogs> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder('victorialogs'))
  const port = await freePort()
  stack.use(
    await startNode({
      node: programPath('victorialogs'),
      args: [`-storageDataPath=${folder.path}`, `-httpListenAddr=127.0.0.1:${port}`],
      ready: /started VictoriaLogs/,
      timeoutMillis: 20_000,
    }),
  )
  const url = `http://127.0.0.1:${port}`
  const started = stack.move()
  return {
    otlpLogsUrl: `${url}/insert/opentelemetry/v1/logs`,
    async push(lines) {
      // As pino writes them: the message in `msg`, the time as milliseconds.
      const answer = await fetch(`${url}/insert/jsonline?_msg_field=msg&_time_field=time`, {
        method: 'POST',
        body: lines.join('\n'),
      })
      if (!answer.ok) throw new Error(await answer.text())
    },
    async query(query) {
      const body = new URLSearchParams({ query: `${query} | sort by (_time)` })
      const answer = await fetch(`${url}/select/logsql/query`, { method: 'POST', body })
      const text = await answer.text()
      if (!answer.ok) throw new Error(text)
      const lines = text.split('\n').filter((line) => line !== '')
      return lines.map((line) => JSON.parse(line) as Record<string, string>)
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }
}
