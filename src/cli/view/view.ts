import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { messageOf } from '../../internal/diagnostics/diagnostics.js'
import { nowEpochMillis } from '../../internal/runtime/clock.js'
import { requireOwn } from '../../internal/runtime/own-package.js'
import { attachedTo, isViewerAt } from '../../viewer/mcp/attach.js'
import type { Response } from '../../viewer/mcp/json-rpc.js'
import type { McpServer } from '../../viewer/mcp/server.js'
import { serveStdio } from '../../viewer/mcp/stdio.js'
import type { ReceivedLog, ReceivedSpan } from '../../viewer/model/received-span.js'
import { plural } from '../../viewer/analysis/findings/words.js'
import type { TraceStore } from '../../viewer/model/trace-store.js'
import type { HandleOther } from '../../viewer/receive/http.js'
import { LogFile } from '../../viewer/receive/follow-log.js'
import { readTraceFile } from '../../viewer/receive/open-file.js'
import { OTLP_PORTS, PortTakenError, type Receiver } from '../../viewer/receive/receiver.js'
import { memoryStore } from '../../viewer/store/memory.js'
import { sqliteStore } from '../../viewer/store/sqlite.js'
import { appEnvironment } from './app-environment.js'
import { viewArguments, type ViewArguments } from './arguments.js'
import { VIEW_HELP } from './help.js'
import { isOpenToNetwork, openPorts } from './open-ports.js'
import { MCP_PATH, pageAndTools } from './page-and-tools.js'
import { reportPrinter, type PrintReport } from './report-output.js'
import { lateSpans, runApp } from './run-app.js'
import { SavedFile } from './saved-file.js'

const WRONG_USE = 2

/** `spanwright view [options] [FILE...] [-- command]`. Returns the exit status. */
export async function view(args: readonly string[]): Promise<number> {
  let given: ViewArguments
  let print: PrintReport | undefined
  try {
    given = viewArguments(args)
    print = given.report && reportPrinter(given.report, process.stdout, process.stderr)
  } catch (error) {
    say(messageOf(error))
    return WRONG_USE
  }
  if (given.help) {
    process.stdout.write(VIEW_HELP)
    return 0
  }
  // The reader of the pipe may have closed it: `spanwright view --json trace.json | head`.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  let store: TraceStore
  let saved: SavedFile | undefined
  try {
    store = given.store === undefined ? memoryStore(given) : sqliteStore(given.store, given)
    saved = given.save === undefined ? undefined : new SavedFile(given.save, say)
  } catch (error) {
    say(messageOf(error))
    return WRONG_USE
  }
  try {
    return await viewInto({ store, saved }, given, print)
  } catch (error) {
    if (!(error instanceof PortTakenError)) throw error
    say(`${error.message}: is it another viewer, or a collector? --port N listens at another one`)
    return WRONG_USE
  } finally {
    store.close()
    saved?.close()
  }
}

/** Where spans are put. */
interface Kept {
  readonly store: TraceStore
  readonly saved: SavedFile | undefined
}

/** What is said meanwhile: stdout is the app's, and the report's. */
function say(line: string): void {
  process.stderr.write(`spanwright view: ${line}\n`)
}

async function viewInto(kept: Kept, given: ViewArguments, print: PrintReport | undefined): Promise<number> {
  const { files, command } = given
  const startedMillis = nowEpochMillis()
  const { problems, isUsable } = readFiles(files, kept)
  if (!isUsable) {
    for (const problem of problems) say(problem)
    return WRONG_USE
  }
  // The report has them, too.
  if (!print) for (const problem of problems) say(problem)
  const isOfFiles = print !== undefined && files.length > 0 && command.length === 0
  if (given.mcp) return await speakMcp(given, kept)
  const commandStatus = isOfFiles ? 0 : await receive(given, kept)
  return print ? print(kept.store, { startedMillis, command, commandStatus, problems }) : commandStatus
}

interface FilesRead {
  readonly problems: readonly string[]
  /** False where one of them was no trace at all. */
  readonly isUsable: boolean
}

function readFiles(files: readonly string[], { store, saved }: Kept): FilesRead {
  const problems: string[] = []
  let isUsable = true
  for (const file of files) {
    try {
      const read = readTraceFile(readFileSync(file), file)
      store.add(read.spans)
      saved?.add(read.spans)
      store.addLogs(read.logs)
      saved?.addLogs(read.logs)
      problems.push(...read.problems)
      isUsable &&= read.spans.length > 0 || read.problems.length === 0
    } catch (error) {
      problems.push(messageOf(error))
      isUsable = false
    }
  }
  return { problems, isUsable }
}

/** Receives until the app has ended, or until a signal says so. Returns the app's status. */
async function receive(given: ViewArguments, kept: Kept): Promise<number> {
  const viewer = await openViewer(given, kept)
  try {
    return given.command.length > 0 ? await runAndWait(given, kept.store, viewer) : await untilAsked()
  } finally {
    await viewer.close()
  }
}

interface Viewer {
  readonly receiver: Receiver
  readonly token: string | undefined
  readonly mcp: McpServer
  close(): Promise<void>
}

async function openViewer(given: ViewArguments, { store, saved }: Kept): Promise<Viewer> {
  const token = given.token ?? (isOpenToNetwork(given.host) ? randomBytes(16).toString('hex') : undefined)
  const other = pageAndTools(store, token, () => receiver.refusals())
  const onSpans = (spans: readonly ReceivedSpan[]): void => saved?.add(spans)
  const onLogs = (logs: readonly ReceivedLog[]): void => saved?.addLogs(logs)
  const handleOther: HandleOther = (request, response) => other.handle(request, response)
  const receiver: Receiver = await openPorts(given, { ...given, store, token, handleOther, onSpans, onLogs }, say)
  const logs = given.logs.map((path) => new LogFile(path, (records) => addLogs({ store, saved }, path, records)))
  for (const log of logs) log.follow()
  announce(given, receiver, token)
  return {
    receiver,
    token,
    mcp: other.mcp,
    async close() {
      for (const log of logs) log.close()
      other.close()
      await receiver.close()
    },
  }
}

/** A store in a file may not be able to take them; the app that runs meanwhile must not suffer for it. */
function addLogs({ store, saved }: Kept, path: string, records: readonly ReceivedLog[]): void {
  try {
    store.addLogs(records)
    saved?.addLogs(records)
  } catch (error) {
    say(`${records.length} records of ${path} are left out: ${messageOf(error)}`)
  }
}

/** Each message goes to the viewer that runs on the port. Where none does, or none any more, this process becomes it. */
async function speakMcp(given: ViewArguments, kept: Kept): Promise<number> {
  const { port = OTLP_PORTS[0], token } = given
  const url = `http://127.0.0.1:${port}${MCP_PATH}`
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const running = attachedTo(url, headers)
  // Said at once, and not to the agent: another program has the port.
  let own = (await isViewerAt(url, headers)) ? undefined : Promise.resolve(await openViewer(given, kept))
  const answer = async (message: unknown, signal: AbortSignal): Promise<Response | undefined> => {
    if (!own && (await isViewerAt(url, headers))) return running(message, signal)
    own ??= openViewer(given, kept)
    return (await own).mcp.answer(message, signal)
  }
  await serveStdio(answer, process.stdin, process.stdout)
  await (await own)?.close()
  return 0
}

async function runAndWait(
  { command, host, report }: ViewArguments,
  store: TraceStore,
  { receiver, token }: Viewer,
): Promise<number> {
  const [port] = receiver.ports
  const preloadFile = requireOwn.resolve('./view-preload.cjs')
  const env = appEnvironment({ endpoint: urlOf(host, port), preloadFile, token })
  const { status, end, wasAsked } = await runApp(command, env, { ownsStdout: report?.format !== 'json' })
  if (end.notStarted !== undefined) {
    say(`the app could not be started: ${end.notStarted}`)
    return status
  }
  await lateSpans(store)
  const { spans, traces } = store.counts()
  say(`the app ended with status ${status}; ${plural(spans, 'span')} of ${plural(traces, 'trace')} arrived`)
  if (spans === 0) {
    say(
      "an exporter or endpoint in the app's code takes precedence over this command: spanwright doctor -- <command> says where spans go",
    )
  }
  // Somebody who sits before it wants to look at what arrived, however short the app was.
  if (!wasAsked && report === undefined && process.stdout.isTTY) {
    say('the page stays until Ctrl-C')
    await untilAsked()
  }
  return status
}

const STOPS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

async function untilAsked(): Promise<number> {
  const asked = Promise.withResolvers<number>()
  const stop = (): void => asked.resolve(0)
  for (const signal of STOPS) process.once(signal, stop)
  try {
    return await asked.promise
  } finally {
    for (const signal of STOPS) process.off(signal, stop)
  }
}

function announce({ host }: ViewArguments, { ports }: Receiver, token: string | undefined): void {
  const [port] = ports
  say(`${urlOf(host, port)}/${token === undefined ? '' : `?token=${token}`}`)
  say(`receives OTLP over HTTP and gRPC at ${[...new Set(ports)].join(' and ')}; Ctrl-C ends it`)
}

/** Where it is reached from this machine. */
function urlOf(host = '127.0.0.1', port = 0): string {
  if (host === '0.0.0.0') return urlOf('127.0.0.1', port)
  if (host === '::') return urlOf('::1', port)
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
