import { context, type Span, type TimeInput } from '@opentelemetry/api'
import { errorMonitor } from 'node:events'
import { ServerResponse } from 'node:http'
import { replaceMethod } from '../../internal/runtime/methods.js'

type Emit = (this: Closing, event: string | symbol, ...args: unknown[]) => boolean

interface Closing {
  [LAST]?: (() => void) | undefined
}

const LAST = Symbol('spanwright.after-close')
let isPatched = false

/**
 * For a listener of `close`: calls back when all other listeners have been called. What instrumentations of frameworks end there
 * is part of the request, and must not outlast it.
 */
export function afterClose(response: ServerResponse, callback: () => void): void {
  if (isPatched && response instanceof ServerResponse) (response as Closing)[LAST] = callback
  else callback()
}

/** Makes {@link afterClose} possible; before the responses that it is for are closed. */
export function watchClosing(): void {
  if (isPatched) return
  isPatched = true
  const { prototype } = ServerResponse as unknown as { prototype: { emit: Emit } }
  replaceMethod(
    prototype,
    'emit',
    (emit) =>
      function (event, ...args) {
        if (event !== 'close') return emit.call(this, event, ...args)
        try {
          return emit.call(this, event, ...args)
        } finally {
          const last = this[LAST]
          this[LAST] = undefined
          last?.()
        }
      },
  )
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
      const endNow = context.bind(context.active(), () => span.end(time))
      afterClose(response, endNow)
    }
  })
}
