import { Child, type NodeOptions, type NodeResult } from './run-node/child.js'

export type { NodeOptions, NodeResult } from './run-node/child.js'

export interface RunNodeOptions extends NodeOptions {
  /** Written to stdin, which is closed in any case. */
  readonly input?: string
  /** Sends the signal once a line of stdout or stderr matches. */
  readonly signalAfter?: { readonly pattern: RegExp; readonly signal: NodeJS.Signals }
  /** Kills the process after that time; 10,000 by default. */
  readonly timeoutMillis?: number
}

export interface StartNodeOptions extends NodeOptions {
  /** The process is ready once a line of stdout or stderr matches. */
  readonly ready: RegExp
  /** How long it may take to get ready; 10,000 by default. */
  readonly timeoutMillis?: number
}

export interface RunningNode extends AsyncDisposable {
  readonly pid: number
  /** The match of `ready`, with its groups: a port, say. */
  readonly ready: RegExpExecArray
  stdout(): string
  stderr(): string
  /** Settles with the first line that matches, past or to come; rejects when the process ends without it. */
  waitForLine(pattern: RegExp, options?: { readonly timeoutMillis?: number }): Promise<RegExpExecArray>
  /**
   * Sends SIGTERM, or another signal, and waits for the end: at most 5,000 ms by default, then kills. Of a process that
   * has ended already, its result.
   */
  stop(options?: { readonly signal?: NodeJS.Signals; readonly timeoutMillis?: number }): Promise<NodeResult>
}

/** Runs Node.js to its end. Rejects only when it can't be started. */
export async function runNode(options: RunNodeOptions): Promise<NodeResult> {
  const { input, signalAfter, timeoutMillis = 10_000 } = options
  const child = new Child(options)
  child.endInput(input)
  if (signalAfter) child.onceLine(signalAfter.pattern, () => child.signal(signalAfter.signal))
  return child.endedWithin(timeoutMillis)
}

/** Starts a server. Rejects, with the output, when the process ends or the time is up before it is ready. */
export async function startNode(options: StartNodeOptions): Promise<RunningNode> {
  const child = new Child(options)
  child.endInput()
  const ready = await lineOf(child, options.ready, options.timeoutMillis)
  const stop: RunningNode['stop'] = ({ signal = 'SIGTERM', timeoutMillis = 5_000 } = {}) => {
    child.signal(signal)
    return child.endedWithin(timeoutMillis)
  }
  return {
    pid: child.pid,
    ready,
    stdout: () => child.stdout,
    stderr: () => child.stderr,
    waitForLine: (pattern, { timeoutMillis } = {}) => lineOf(child, pattern, timeoutMillis),
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop()
    },
  }
}

/** A process that does not say what it should is of no use any more, so it is killed. */
async function lineOf(child: Child, pattern: RegExp, timeoutMillis = 10_000): Promise<RegExpExecArray> {
  const line = Promise.withResolvers<RegExpExecArray>()
  child.onceLine(pattern, line.resolve)
  const timeout = setTimeout(() => child.kill(), timeoutMillis)
  const ended = child.ended.then(({ exitCode, signal, timedOut, stdout, stderr }) => {
    const end = timedOut ? `in ${timeoutMillis} ms` : `before the process ended (${signal ?? exitCode})`
    throw new Error(`no line matched ${pattern} ${end}\nstdout: ${stdout}\nstderr: ${stderr}`)
  })
  try {
    return await Promise.race([line.promise, ended])
  } finally {
    clearTimeout(timeout)
  }
}
