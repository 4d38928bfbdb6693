import { PassThrough } from 'node:stream'
import type { MessagePort, Worker } from 'node:worker_threads'
import { preloadsOfThreads } from '../../internal/runtime/own-package.js'
import type { ChannelData, ToWorker } from './worker-messages.js'

/** Little is made there, and what is lives on buffers: a larger one is collected too rarely, and then as a whole. */
const YOUNG_GENERATION_MB = 4

/** The delivery thread. All deliveries of a process share it: each has a channel, and an endpoint of its own. */
export interface DeliveryWorker {
  readonly worker: Worker
  /** Gives up a channel. The thread ends with the last one. */
  readonly release: () => void
}

interface Shared {
  readonly worker: Worker
  /** Of the file and the environment, which holds the proxies. */
  readonly key: string
  channels: number
}

let shared: Shared | undefined

/** Opens a channel to the thread, which is started where none runs with this environment. @throws where there can be none. */
export function openChannel(
  file: string,
  env: Record<string, string>,
  channel: ChannelData,
  port: MessagePort,
): DeliveryWorker {
  const key = JSON.stringify([file, env])
  const running = shared?.key === key ? shared : startShared(file, env, key)
  running.channels += 1
  const message: ToWorker = { kind: 'open', channel }
  running.worker.postMessage(message, [port])
  return { worker: running.worker, release: () => release(running) }
}

function startShared(file: string, env: Record<string, string>, key: string): Shared {
  // Bundlers follow the file of a Worker that they see being made, and bundle what lies beside it.
  const threads = process.getBuiltinModule('node:worker_threads')
  const worker = withoutAppStreams(
    () =>
      new threads.Worker(file, {
        // Neither the app's own flags nor its preloads: ours among them would trace the tracing.
        execArgv: [...preloadsOfThreads()],
        env,
        name: 'spanwright delivery',
        resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
      }),
  )
  // What is written in the thread is discarded; it logs by messages.
  for (const stream of [worker.stdout, worker.stderr]) stream.unpipe().resume()
  const started: Shared = { worker, key, channels: 0 }
  // Before all other listeners: these open a channel to the next thread.
  worker.on('error', () => forget(started))
  worker.on('exit', () => forget(started))
  worker.unref()
  shared = started
  return started
}

/**
 * A Worker pipes its streams into the app's: there a pipe turns a failed write of the app into an error that ends it. And to read
 * `process.stdout` opens it, with a handle that was not there, and for a terminal a listener of SIGWINCH. (With the options
 * `stdout` and `stderr`, one write that is not read would keep the process alive.)
 */
function withoutAppStreams(start: () => Worker): Worker {
  const restores = (['stdout', 'stderr'] as const).map((name) => {
    const found = Object.getOwnPropertyDescriptor(process, name)
    const isReplaced = Reflect.defineProperty(process, name, { value: new PassThrough(), configurable: true })
    return () => found && isReplaced && Object.defineProperty(process, name, found)
  })
  try {
    return start()
  } finally {
    for (const restore of restores) restore()
  }
}

function release(left: Shared): void {
  left.channels -= 1
  if (left.channels > 0) return
  forget(left)
  const message: ToWorker = { kind: 'end' }
  left.worker.postMessage(message)
}

function forget(gone: Shared): void {
  if (shared === gone) shared = undefined
}
