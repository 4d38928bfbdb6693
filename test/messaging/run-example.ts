import { expect } from 'vitest'
import { otlpSink, type ReceivedSpan } from '../helpers/otlp-sink.js'
import { runNode } from '../helpers/run-node.js'
import { spanTree } from '../helpers/span-tree.js'
import { REPOSITORY } from '../helpers/traced-app.js'

/** What an example left behind that ran under the one flag; it has ended well, and complained of nothing. */
export interface RunExample {
  readonly spans: readonly ReceivedSpan[]
  /** All its traces, without the names of services. */
  readonly tree: readonly string[]
  readonly stdout: string
}

export async function runExample(name: string, env: Readonly<Record<string, string>>): Promise<RunExample> {
  await using sink = await otlpSink()
  const { exitCode, stdout, stderr } = await runNode({
    cwd: REPOSITORY,
    args: ['--import', 'spanwright/register', `examples/${name}`],
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl, OTEL_SERVICE_NAME: 'example', ...env },
    timeoutMillis: 20_000,
  })
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  const spans = sink.spans()
  return { spans, stdout, tree: spanTree(spans).map((line) => line.replace(' (example)', '')) }
}
