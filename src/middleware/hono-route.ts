export interface HonoRequestRoutes {
  /** Where in {@link HonoRequestRoutes.matchedRoutes} the request has come to. */
  readonly routeIndex: number
  readonly matchedRoutes?: readonly HonoRoute[]
}

interface HonoRoute {
  readonly method: string
  readonly path: string
  // Any function is one.
  readonly handler: { readonly length: number }
}

/**
 * The route that has answered; where a middleware has, the one it stood in front of. Middleware is matched as routes are,
 * with the method ALL; handlers of `app.all` do not take `next`.
 */
export function honoRoute({ matchedRoutes, routeIndex }: HonoRequestRoutes): string | undefined {
  return matchedRoutes?.slice(routeIndex).find(isHandler)?.path
}

function isHandler({ method, handler }: HonoRoute): boolean {
  return method !== 'ALL' || handler.length < 2
}
