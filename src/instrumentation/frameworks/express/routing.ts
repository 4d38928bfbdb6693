import type { IncomingMessage } from 'node:http'
import type { LayerType } from './layer-names.js'
import { RoutePath } from './route-path.js'

export interface ExpressRequest extends IncomingMessage {
  readonly originalUrl?: string
  readonly baseUrl?: string
  readonly route?: { readonly path?: unknown }
  [ROUTING]?: Routing
}

const ROUTING: unique symbol = Symbol('spanwright.express')

/** Where a request is on its way through the layers of an app. */
export class Routing {
  #path = RoutePath.START
  #handlerRoute: string | undefined

  /** The paths of all layers that the request is in, in one. */
  get constructedRoute(): string {
    return this.#path.constructed
  }

  enter(path: string): void {
    this.#path = this.#path.enter(path)
  }

  leave(): void {
    this.#path = this.#path.leave()
  }

  /** `http.route` here; undefined where the layers so far are no route. */
  matchedRoute({ originalUrl }: ExpressRequest): string | undefined {
    return this.#path.routeOf(originalUrl)
  }

  /**
   * The route of the request as a whole. Once a handler has matched it stays, so that a middleware behind it (such as one that
   * renders what the handler has found) does not take it away again; and to `/` with a query the layers make none.
   */
  keepRoute(matched: string | undefined, type: LayerType, request: ExpressRequest): string | undefined {
    if (type === 'request_handler') this.#handlerRoute = matched ?? pathOfRoute(request) ?? this.#handlerRoute
    return this.#handlerRoute ?? matched
  }
}

export function routingOf(request: ExpressRequest): Routing {
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- the first of a request has none
  return (request[ROUTING] ??= new Routing())
}

/** Of a route in the app itself: where a router is mounted, the request has only the path that was asked for. */
function pathOfRoute({ baseUrl, route }: ExpressRequest): string | undefined {
  return baseUrl === '' && typeof route?.path === 'string' ? route.path : undefined
}
