/** Of a path: beyond it, the ways are not kept. An app that makes routers for each request would have them without end. */
const MOST_WAYS_ON = 1_000

/**
 * The way that a request has taken through the layers of an app: their paths, and the route that these make. By the rules of
 * upstream's Express instrumentation, which puts the route together anew in each layer; here it is made once, for all requests
 * that go the same way.
 */
export class RoutePath {
  static readonly START: RoutePath = new RoutePath(undefined, [])
  /** All paths in one, without those that match everything. */
  readonly constructed: string
  /** A route, whatever was asked for. */
  readonly #pattern: string | undefined
  /** A route of what was asked for, where that begins so. */
  readonly #prefix: string | undefined
  /** Only the root was mounted: a route of nothing but the root. */
  readonly #isRoot: boolean
  readonly #parent: RoutePath | undefined
  readonly #paths: readonly string[]
  readonly #next = new Map<string, RoutePath>()

  private constructor(parent: RoutePath | undefined, paths: readonly string[]) {
    this.#parent = parent
    this.#paths = paths
    this.constructed = constructedFrom(paths)
    this.#isRoot = paths.length > 0 && paths.every((path) => path === '/')
    if (paths.length === 0 || this.#isRoot) return
    const route = this.constructed
    if (route === '*' || (route.includes('/') && /[,\\*[]/.test(route))) this.#pattern = route
    else {
      const whole = route.startsWith('/') ? route : `/${route}`
      if (whole.includes(':') || whole.includes('*')) this.#pattern = whole
      else this.#prefix = whole
    }
  }

  enter(path: string): RoutePath {
    const known = this.#next.get(path)
    if (known) return known
    const next = new RoutePath(this, [...this.#paths, path])
    if (this.#next.size < MOST_WAYS_ON) this.#next.set(path, next)
    return next
  }

  leave(): RoutePath {
    return this.#parent ?? this
  }

  /** `http.route` of a request that has come here; undefined where the layers so far are no route. */
  routeOf(originalUrl: string | undefined): string | undefined {
    if (this.#pattern !== undefined) return this.#pattern
    if (this.#isRoot) return originalUrl === '/' ? '/' : undefined
    return this.#prefix !== undefined && originalUrl?.startsWith(this.#prefix) ? this.#prefix : undefined
  }
}

function constructedFrom(paths: readonly string[]): string {
  const meaningful = paths.filter((path) => path !== '/' && path !== '/*' && !/^\/\{[*][^}]*\}$/.test(path))
  if (meaningful.length === 1 && meaningful[0] === '*') return '*'
  return meaningful.join('').replace(/\/{2,}/g, '/')
}
