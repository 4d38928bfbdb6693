import type { InstrumentationClass } from '../instrumentation-class.js'

type SendCommand = (this: unknown, ...args: unknown[]) => unknown

interface Upstream {
  _traceSendCommand(original: SendCommand, moduleVersion?: string): SendCommand
}

interface Command {
  readonly name?: string
  readonly args?: readonly unknown[]
}

/**
 * The instrumentation of ioredis, for commands that wait until the connection is ready: they are sent a second time then, and had two spans. And
 * without what the library says of itself as it connects, which servers before Redis 7.2 refuse: an error in the first request.
 */
export function withIoredisCommands(Class: InstrumentationClass): InstrumentationClass {
  const upstream = Class.prototype as unknown as Upstream
  return class extends Class {
    _traceSendCommand(original: SendCommand, moduleVersion?: string): SendCommand {
      const traced = upstream._traceSendCommand.call(this, original, moduleVersion)
      const sent = new WeakSet<object>()
      return function (...args) {
        const [command] = args
        if (typeof command !== 'object' || command === null) return original.apply(this, args)
        if (sent.has(command) || isOfTheLibrary(command)) return original.apply(this, args)
        sent.add(command)
        return traced.apply(this, args)
      }
    }
  }
}

const isOfTheLibrary = ({ name, args }: Command): boolean =>
  name?.toLowerCase() === 'client' && String(args?.[0]).toUpperCase() === 'SETINFO'
