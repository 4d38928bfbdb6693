import { context } from '@opentelemetry/api'
import { getRPCMetadata, RPCType } from '@opentelemetry/core'
import type { InstrumentationConfig } from '@opentelemetry/instrumentation'
import type { Span } from '@opentelemetry/api'
import { layerSpanStarted } from './express-layers.js'

/** The part of the Express instrumentation's options that is used here. */
export interface ExpressConfig extends InstrumentationConfig {
  requestHook?: (span: Span, info: ExpressLayerInfo) => void
}

interface ExpressLayerInfo {
  readonly request: { readonly baseUrl?: string; readonly route?: { readonly path?: unknown } }
  readonly layerType: string
}

/**
 * Keeps the route of an Express request once a route has matched. The instrumentation sets it anew with each layer, so that
 * a middleware behind the route (one that renders what the handler has found, say) would take it away again; and to `/`
 * with a query string it finds none.
 */
export function keepExpressRoutes(config: ExpressConfig = {}): ExpressConfig {
  const matched = new WeakMap<object, string>()
  const { requestHook } = config
  return {
    ...config,
    requestHook: (span, info) => {
      layerSpanStarted(span)
      const rpc = getRPCMetadata(context.active())
      if (rpc?.type === RPCType.HTTP) {
        if (info.layerType === 'request_handler') {
          const route = rpc.route ?? pathOfRoute(info.request)
          if (route !== undefined) matched.set(info.request, route)
        }
        const route = matched.get(info.request)
        if (route !== undefined) rpc.route = route
      }
      requestHook?.(span, info)
    },
  }
}

/** Of a route in the app itself: where a router is mounted, the request has only the path that was asked for. */
function pathOfRoute({ baseUrl, route }: ExpressLayerInfo['request']): string | undefined {
  return baseUrl === '' && typeof route?.path === 'string' ? route.path : undefined
}
