import { context, type Context } from '@opentelemetry/api'
import type { InstrumentationModuleDefinition } from '@opentelemetry/instrumentation'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { InstrumentationClass } from './guarded-patches.js'

/** The context of a span of its own, for a request that is dispatched while another one is handled; undefined for all others. */
export type ContextOfRequest = (request: IncomingMessage, response: ServerResponse) => Context | undefined

type Method = (this: unknown, ...args: unknown[]) => unknown

/** Where all requests to an app of the framework pass, also those that no server has brought. */
interface Entrance {
  readonly method: string
  readonly ownerIn: (exported: never) => object | undefined
  readonly requestIn: (args: never) => readonly [IncomingMessage, ServerResponse]
}

const ENTRANCES: Readonly<Record<string, Entrance>> = {
  express: {
    method: 'handle',
    ownerIn: ({ application }: { application?: object }) => application,
    requestIn: ([request, response]: [IncomingMessage, ServerResponse]) => [request, response],
  },
  koa: {
    method: 'handleRequest',
    ownerIn: ({ prototype }: { prototype?: object }) => prototype,
    requestIn: ([{ req, res }]: [{ req: IncomingMessage; res: ServerResponse }]) => [req, res],
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
          openEntrance(entrance, exported, contextOf)
          return patch?.(exported, version) ?? exported
        }
      }
      return definitions
    }
  }
}

const opened = new WeakSet<object>()

function openEntrance({ method, ownerIn, requestIn }: Entrance, exported: unknown, contextOf: ContextOfRequest): void {
  const module = exported as { default?: unknown }
  const found = ownerIn(exported as never) ?? ownerIn((module.default ?? {}) as never)
  const owner = (found ?? {}) as Record<string, Method | undefined>
  const original = owner[method]
  if (original === undefined || opened.has(owner)) return
  opened.add(owner)
  owner[method] = function (...args: unknown[]) {
    const own = contextOf(...requestIn(args as never))
    return own ? context.with(own, original, this, ...args) : original.apply(this, args)
  }
}
