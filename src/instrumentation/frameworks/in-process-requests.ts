import { context, type Context } from '@opentelemetry/api'
import type { InstrumentationModuleDefinition } from '@opentelemetry/instrumentation'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { InstrumentationClass } from '../instrumentation-class.js'

/** The context of a span of its own, for a request that is dispatched while another one is handled; undefined for all others. */
export type ContextOfRequest = (request: IncomingMessage, response: ServerResponse) => Context | undefined

type Method = (this: unknown, ...args: unknown[]) => unknown
type Exports = Record<string, unknown>

/** Where all requests to an app of the framework pass, also those that no server has brought. */
interface Entrance {
  /** Of what all apps share, or of each app where `factories` are given. */
  readonly method: string
  /** What has the method: in the exports, or in an app that a factory has made. */
  readonly ownerIn: (from: never) => object | undefined
  /** Exported functions that make an app, by their names; `default`: what is exported is one. */
  readonly factories?: readonly string[]
  readonly entered: (original: Method, contextOf: ContextOfRequest) => Method
}

/** @param requestIn finds request and response among the arguments of the method */
function handling(requestIn: (args: never) => readonly [IncomingMessage, ServerResponse]): Entrance['entered'] {
  return (original, contextOf) =>
    function (...args) {
      const own = contextOf(...requestIn(args as never))
      return own ? context.with(own, original, this, ...args) : original.apply(this, args)
    }
}

const byRequestAndResponse = handling(([request, response]: [IncomingMessage, ServerResponse]) => [request, response])

const ENTRANCES: Readonly<Record<string, Entrance>> = {
  connect: {
    method: 'handle',
    ownerIn: (app: object) => app,
    factories: ['default'],
    entered: byRequestAndResponse,
  },
  express: {
    method: 'handle',
    ownerIn: ({ application }: { application?: object }) => application,
    entered: byRequestAndResponse,
  },
  hapi: {
    method: '_dispatch',
    ownerIn: ({ _core }: { _core?: object }) => _core && (Object.getPrototypeOf(_core) as object),
    factories: ['server', 'Server'],
    // Makes the listener, for a server and for each injected request.
    entered: (original, contextOf) =>
      function (...args) {
        return byRequestAndResponse(original.apply(this, args) as Method, contextOf)
      },
  },
  koa: {
    method: 'handleRequest',
    ownerIn: ({ prototype }: { prototype?: object }) => prototype,
    entered: handling(([{ req, res }]: [{ req: IncomingMessage; res: ServerResponse }]) => [req, res]),
  },
}

/** The instrumentation of a framework, of which a request within a request does not take the first one's span for its own. */
export function withInProcessRequests(
  Class: InstrumentationClass,
  name: string,
  contextOf: ContextOfRequest | undefined,
): InstrumentationClass {
  const entrance = Object.hasOwn(ENTRANCES, name) ? ENTRANCES[name] : undefined
  if (!entrance || !contextOf) return Class
  return class extends Class {
    override init(): InstrumentationModuleDefinition[] {
      const definitions = [super.init() ?? []].flat()
      for (const definition of definitions) {
        const patch = definition.patch?.bind(definition)
        definition.patch = (exported: unknown, version?: string): unknown => {
          if (entrance.factories) return openWithEachApp(entrance, patch?.(exported, version) ?? exported, contextOf)
          const module = exported as { default?: unknown }
          openEntrance(entrance, ownerIn(entrance, exported) ?? ownerIn(entrance, module.default), contextOf)
          return patch?.(exported, version) ?? exported
        }
      }
      return definitions
    }
  }
}

const opened = new WeakSet<object>()

function ownerIn(entrance: Entrance, from: unknown): object | undefined {
  return entrance.ownerIn((from ?? {}) as never)
}

function openEntrance({ method, entered }: Entrance, owner: object | undefined, contextOf: ContextOfRequest): void {
  if (!owner || opened.has(owner)) return
  const methods = owner as Record<string, Method | undefined>
  const original = methods[method]
  if (original === undefined) return
  opened.add(owner)
  methods[method] = entered(original, contextOf)
}

function openWithEachApp(entrance: Entrance, exported: unknown, contextOf: ContextOfRequest): unknown {
  const opening = (factory: unknown): unknown => {
    if (typeof factory !== 'function') return factory
    const make = factory as Method
    return Object.assign(function (this: unknown, ...args: unknown[]) {
      const app = make.apply(this, args)
      openEntrance(entrance, ownerIn(entrance, app), contextOf)
      return app
    }, make)
  }
  if (typeof exported === 'function') return opening(exported)
  const names = exported as Exports
  for (const name of entrance.factories ?? []) names[name] = opening(names[name])
  return exported
}
