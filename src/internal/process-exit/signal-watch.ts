export const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const
export type WatchedSignal = (typeof SIGNALS)[number]

export const isWatched = (event: unknown): event is WatchedSignal =>
  event === 'SIGTERM' || event === 'SIGINT' || event === 'SIGHUP'

const noListener = (): void => undefined

/**
 * Has Node.js deliver a signal to `process.emit` without a listener. Libraries decide by the number of listeners who ends
 * the process (signal-exit: "am I alone?"), and a listener of ours would have them wait for us. Node.js asks the system
 * for a signal when it learns of the first listener, by the event `newListener`, and binds the `process.emit` of that
 * moment.
 */
export function watchSignal(signal: WatchedSignal): void {
  emit('newListener', signal, noListener)
}

/** Without listeners, the signal does again what the system does by default. */
export function unwatchSignal(signal: WatchedSignal): void {
  emit('removeListener', signal, noListener)
}

/** For listeners that were there before `process.emit` was ours: Node.js is made to bind it anew. */
export function rewatchSignal(signal: WatchedSignal): void {
  if (process.listenerCount(signal) > 0) withListenersUnseen(() => unwatchSignal(signal))
  watchSignal(signal)
}

/** Node.js stops to listen when `process.listenerCount` says that none is left. */
function withListenersUnseen(fn: () => void): void {
  const found = Object.getOwnPropertyDescriptor(process, 'listenerCount')
  Object.defineProperty(process, 'listenerCount', { configurable: true, writable: true, value: () => 0 })
  try {
    fn()
  } finally {
    if (found) Object.defineProperty(process, 'listenerCount', found)
    else Reflect.deleteProperty(process, 'listenerCount')
  }
}

function emit(event: 'newListener' | 'removeListener', signal: WatchedSignal, listener: () => void): void {
  ;(process as NodeJS.EventEmitter).emit(event, signal, listener)
}
