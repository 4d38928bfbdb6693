import { trace } from '@opentelemetry/api'
import { NodeSDK, type NodeSDKConfiguration } from '@opentelemetry/sdk-node'
import type { TracerProvider } from './tracer/tracer-provider.js'

/** NodeSDK takes no tracer provider, only what to make its own of. This one starts and stops the one that it is given. */
export function nodeSdkWith(provider: TracerProvider, configuration: Partial<NodeSDKConfiguration>): NodeSDK {
  return new NodeSdkWithProvider(provider, configuration)
}

/** For a handle with nothing behind it: starts nothing. */
export function idleNodeSdk(): NodeSDK {
  return new NodeSDK({ autoDetectResources: false, metricReaders: [] })
}

class NodeSdkWithProvider extends NodeSDK {
  readonly #provider: TracerProvider

  constructor(provider: TracerProvider, configuration: Partial<NodeSDKConfiguration>) {
    super({ ...configuration, spanProcessors: [] })
    this.#provider = provider
  }

  override start(): void {
    super.start()
    trace.setGlobalTracerProvider(this.#provider)
  }

  override async shutdown(): Promise<void> {
    await Promise.all([this.#provider.shutdown(), super.shutdown()])
  }
}
