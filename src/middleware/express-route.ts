/** What Express adds to a request; Connect and plain servers add nothing. */
export interface ExpressRequest {
  /** The part of the URL at which the router is mounted that has the route. */
  readonly baseUrl?: string
  readonly route?: { readonly path?: unknown }
  readonly params?: Readonly<Record<string, unknown>>
  readonly app?: ExpressApp
}

interface ExpressApp {
  readonly mountpath?: unknown
  readonly parent?: ExpressApp | undefined
  /** Express 5; reading it in Express 4 throws. */
  readonly router?: Router | undefined
}

interface Router {
  readonly stack?: readonly Layer[]
}

interface Layer {
  /** Since router 2.3, which Express 5.3 brings. */
  readonly rawPath?: unknown
  readonly route?: unknown
  readonly handle?: Router
}

/** Looked for once a route, as a walk through all layers takes its time. */
const mountPaths = new WeakMap<object, string | undefined>()

/**
 * `/shops/:shop/orders/:id`: the paths of all routers on the way, as they were written. Where routers do not keep theirs
 * (Express before 5.3), the URL that was asked for stands in, its parts replaced by the parameters that they are the values of:
 * for a router with parameters in its own path that takes `Router({ mergeParams: true })`.
 */
export function expressRoute(request: ExpressRequest): string | undefined {
  const { route } = request
  if (route?.path === undefined) return undefined
  if (!mountPaths.has(route)) mountPaths.set(route, mountPathOf(route, request.app))
  const mountPath = mountPaths.get(route) ?? templateOf(request.baseUrl ?? '', request.params ?? {})
  return joined(mountPath, textOf(route.path))
}

function mountPathOf(route: object, app: ExpressApp | undefined): string | undefined {
  try {
    const inApp = app?.router && pathTo(route, app.router)
    if (app === undefined || inApp === undefined) return undefined
    const outer: string[] = []
    for (let inner: ExpressApp = app; inner.parent !== undefined; inner = inner.parent)
      outer.unshift(textOf(inner.mountpath))
    return [...outer, inApp].reduce(joined, '')
  } catch {
    return undefined
  }
}

function pathTo(route: object, router: Router): string | undefined {
  for (const { handle, rawPath, route: own } of router.stack ?? []) {
    if (own === route) return ''
    const further = handle?.stack && pathTo(route, handle)
    if (further !== undefined && rawPath !== undefined) return joined(textOf(rawPath), further)
  }
  return undefined
}

function templateOf(baseUrl: string, params: Readonly<Record<string, unknown>>): string {
  const names = new Map(Object.entries(params).map(([name, value]) => [encodeURIComponent(String(value)), name]))
  return baseUrl
    .split('/')
    .map((part) => (part !== '' && names.has(part) ? `:${names.get(part)}` : part))
    .join('/')
}

/** Routes may have several paths, and expressions. */
function textOf(path: unknown): string {
  return Array.isArray(path) ? path.map(String).join(',') : String(path)
}

function joined(outer: string, inner: string): string {
  if (inner === '' || inner === '/') return outer === '' ? inner : outer
  return outer.endsWith('/') ? outer + inner.replace(/^\//, '') : outer + inner
}
