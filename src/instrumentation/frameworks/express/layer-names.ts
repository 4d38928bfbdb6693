/** A layer of a router's stack: a middleware, a mounted router, or a route. */
export interface Layer {
  readonly name: string
  handle: Handle
  /** What has matched it; the router of Express 5.3 keeps it nowhere. */
  readonly path?: string
  readonly route?: { readonly path?: unknown }
  /** The router of Express 5 has it, which also goes on with the error of a promise. */
  readonly handleRequest?: unknown
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- handlers of the app's, of any shape
export type Handle = ((this: unknown, ...args: any[]) => unknown) & { readonly stack?: readonly (Layer | undefined)[] }

export type LayerType = 'middleware' | 'request_handler' | 'router'

/** What the span of a layer is called. */
export interface LayerNames {
  readonly type: LayerType
  readonly spanName: string
  /** `express.name`. */
  readonly name: string
}

/** Finds the names of a layer, by the rules of upstream's instrumentation. Those of the last request mostly hold for the next. */
export function namesOf(layer: Layer, layerPath: string | undefined): (constructedRoute: string) => LayerNames {
  let seen: { readonly layerName: string; readonly route: string; readonly hasPath: boolean } | undefined
  let names: LayerNames
  return (route) => {
    const { name: layerName } = layer
    if (layerName === 'router') return routerNames(layer, layerPath, route)
    const hasPath = layer.path !== ''
    if (seen?.layerName !== layerName || seen.route !== route || seen.hasPath !== hasPath) {
      seen = { layerName, route, hasPath }
      names = isRoute(layerName) ? handlerNames(route || layerPath, hasPath) : middlewareNames(layerName)
    }
    return names
  }
}

/** In Express 4, and in 5. */
const isRoute = (layerName: string): boolean => layerName === 'bound dispatch' || layerName === 'handle'

function handlerNames(path: string | undefined, hasPath: boolean): LayerNames {
  return {
    type: 'request_handler',
    spanName: hasPath && path !== undefined ? `request handler - ${path}` : 'request handler',
    name: path ?? 'request handler',
  }
}

function middlewareNames(name: string): LayerNames {
  return { type: 'middleware', spanName: `middleware - ${name}`, name }
}

/** Of the first route in it, which may be added at any time. */
function routerNames(layer: Layer, layerPath: string | undefined, route: string): LayerNames {
  // eslint-disable-next-line @typescript-eslint/prefer-nullish-coalescing -- empty ones are none
  const name = firstRouteIn(layer, '') || layerPath || route || '/'
  return { type: 'router', spanName: `router - ${name}`, name }
}

function firstRouteIn({ handle }: Layer, path: string): string {
  const [first] = handle.stack ?? []
  if (first?.route?.path) return `${path}${first.route.path as string}`
  return first?.handle.stack ? firstRouteIn(first, path) : path
}
