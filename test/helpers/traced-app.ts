import { isAbsolute } from 'node:path'
import { fileURLToPath } from 'node:url'
import { otlpSink, type OtlpSink, type ReceivedSpan } from './otlp-sink.js'
import { runNode, type NodeResult, type RunNodeOptions } from './run-node.js'

export const REPOSITORY: string = fileURLToPath(new URL('../..', import.meta.url))

export const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url))

/** What an app left behind that ran under the one documented flag. */
export interface TracedRun extends NodeResult {
  readonly spans: readonly ReceivedSpan[]
  readonly sink: OtlpSink
  /** Lines on stderr: what we or OpenTelemetry had to say. */
  readonly said: readonly string[]
}

export interface TracedAppOptions extends Partial<RunNodeOptions> {
  readonly sink?: OtlpSink
  /** Without the flag: the app starts tracing by itself. */
  readonly withoutFlag?: boolean
  /** Before the app's file. */
  readonly nodeArgs?: readonly string[]
}

/** Runs a fixture, or the file of a path, under `--import spanwright/register`, sending to a sink, until it ends by itself. */
export async function runTracedApp(name: string, options: TracedAppOptions = {}): Promise<TracedRun> {
  const { sink = await otlpSink(), withoutFlag = false, nodeArgs = [], args = [], env, ...rest } = options
  try {
    const flag = withoutFlag ? [] : ['--import', 'spanwright/register']
    const result = await runNode({
      cwd: REPOSITORY,
      ...rest,
      args: [...flag, ...nodeArgs, isAbsolute(name) ? name : fixture(name), ...args],
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl, ...env },
    })
    const said = result.stderr.split('\n').filter((line) => line !== '')
    return { ...result, sink, said, spans: sink.spans() }
  } finally {
    if (!options.sink) await sink.close()
  }
}
