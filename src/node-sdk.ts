import { logs, metrics, trace } from '@opentelemetry/api'
import { NodeSDK, type NodeSDKConfiguration } from '@opentelemetry/sdk-node'
import type { TracerProvider } from './tracer/tracer-provider.js'

/**
 * NodeSDK takes no tracer provider, only what to make its own of. This one starts and stops the one that it is given.
 *
 * @param isTraced false: the API keeps its own provider, whose spans record nothing and pass on the context that came in
 */
export function nodeSdkWith(
  provider: TracerProvider,
  isTraced: boolean,
  configuration: Partial<NodeSDKConfiguration>,
): NodeSDK {
  return new NodeSdkWithProvider(provider, isTraced, configuration)
}

/** For a handle with nothing behind it: starts nothing. */
export function idleNodeSdk(): NodeSDK {
  return new NodeSDK({ autoDetectResources: false, metricReaders: [] })
}

class NodeSdkWithProvider extends NodeSDK {
  readonly #provider: TracerProvider
  readonly #isTraced: boolean
  #ownsMetrics = false
  #ownsLogs = false

  constructor(provider: TracerProvider, isTraced: boolean, configuration: Partial<NodeSDKConfiguration>) {
    super({ ...configuration, spanProcessors: [] })
    this.#provider = provider
    this.#isTraced = isTraced
  }

  override start(): void {
    const [meters, loggers] = [metrics.getMeterProvider(), logs.getLoggerProvider()]
    super.start()
    this.#ownsMetrics = metrics.getMeterProvider() !== meters
    this.#ownsLogs = logs.getLoggerProvider() !== loggers
    if (this.#isTraced) trace.setGlobalTracerProvider(this.#provider)
  }

  override async shutdown(): Promise<void> {
    const stopped = Promise.all([this.#provider.shutdown(), super.shutdown()])
    // A provider that was shut down logs a warning whenever somebody asks it for a meter; without one, there is nothing to log.
    if (this.#ownsMetrics) metrics.disable()
    if (this.#ownsLogs) logs.disable()
    await stopped
  }
}
