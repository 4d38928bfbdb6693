import { warnOnce } from '../../internal/diagnostics/diagnostics.js'
import { deliveryThreadFile } from '../../internal/runtime/own-package.js'
import type { DeliveryClient, DeliveryListener, DeliverySettings } from './delivery-client.js'
import { inProcessClient } from './in-process-client.js'
import { workerClient } from './worker-client.js'

export function openDeliveryClient(
  settings: DeliverySettings,
  listener: DeliveryListener,
  wantsThread: boolean,
): DeliveryClient {
  if (!wantsThread) return inProcessClient(settings, listener)
  const file = deliveryThreadFile()
  if (file !== undefined) return workerClient(file, settings, listener)
  warnOnce(
    'no delivery thread',
    'it runs as part of a bundle: spans are sent from the main thread, and lost where the process ends at once, and ' +
      'libraries inside of the bundle are not traced. Leave it and them outside ' +
      '(esbuild --packages=external, webpack "externals", rollup "external"): docs/bundling.md',
  )
  return inProcessClient(settings, listener)
}
