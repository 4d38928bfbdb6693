import { context, type Span, type TimeInput } from '@opentelemetry/api'
import { errorMonitor, type EventEmitter } from 'node:events'
import { ServerResponse } from 'node:http'
import { replaceMethod } from '../../internal/runtime/methods.js'

type Emit = (this: Watched, event: string | symbol, ...args: unknown[]) => boolean

/** Learns how a response ends, without a listener of its own. */
export interface ResponseWatcher {
  /** Before the listeners of `error`. */
  failed(error: unknown): void
  /** Before the listeners of `close`. */
  closes(): void
  /** When all of them have been called. What instrumentations of frameworks end there is part of the request, and must not outlast it. */
  closed(): void
  /** Has the callback called then, before the span of the request ends. */
  whenClosed(callback: () => void): void
}

interface Watched {
  [WATCHER]?: ResponseWatcher
  [LAST]?: (() => void) | undefined
}

const WATCHER = Symbol('spanwright.response-watcher')
const LAST = Symbol('spanwright.after-close')
let isPatched = false

/** Makes {@link watchResponse} possible; before the responses that it is for are closed. */
export function watchResponses(): void {
  if (isPatched) return
  isPatched = true
  const { prototype } = ServerResponse as unknown as { prototype: { emit: Emit } }
  replaceMethod(
    prototype,
    'emit',
    (emit) =>
      function (event, ...args) {
        if (event === 'error') this[WATCHER]?.failed(args[0])
        if (event !== 'close') return emit.call(this, event, ...args)
        this[WATCHER]?.closes()
        try {
          return emit.call(this, event, ...args)
        } finally {
          this[WATCHER]?.closed()
          const last = this[LAST]
          this[LAST] = undefined
          last?.()
        }
      },
  )
}

/** What answers a stream of HTTP/2 is no `ServerResponse`, and has listeners. */
export function watchResponse(response: ServerResponse | EventEmitter, watcher: ResponseWatcher): void {
  if (response instanceof ServerResponse) {
    ;(response as Watched)[WATCHER] = watcher
    return
  }
  response.on(errorMonitor, (error) => watcher.failed(error))
  response.on('close', () => {
    watcher.closes()
    watcher.closed()
  })
}

/** Calls back once, when the response is closed, before the span of its request ends. */
export function whenClosed(response: ServerResponse, callback: () => void): void {
  const watcher = (response as Watched)[WATCHER]
  if (watcher) watcher.whenClosed(callback)
  else response.once('close', callback)
}

/**
 * Has a span that upstream ends in a listener of `close` end after all other listeners. To be called when upstream has added
 * its listeners: an error that comes after its end is not the request's.
 */
export function endAfterClose(span: Span, response: ServerResponse): void {
  const errorListeners = response.rawListeners(errorMonitor) as (() => void)[]
  response.prependListener('close', () => {
    span.end = (time?: TimeInput) => {
      // That of its class is back.
      Reflect.deleteProperty(span, 'end')
      for (const listener of errorListeners) response.removeListener(errorMonitor, listener)
      ;(response as Watched)[LAST] = context.bind(context.active(), () => span.end(time))
    }
  })
}
