import { warnOnce } from '../../internal/diagnostics/diagnostics.js'
import { deliveryThreadFile } from '../../internal/runtime/package-files.js'
import type { Courier, CourierClient, CourierSettings } from './delivery-client.js'
import { localCourier } from './in-process-client.js'
import { threadCourier } from './worker-client.js'

export function openCourier(settings: CourierSettings, client: CourierClient, wantsThread: boolean): Courier {
  if (!wantsThread) return localCourier(settings, client)
  const file = deliveryThreadFile()
  if (file !== undefined) return threadCourier(file, settings, client)
  warnOnce(
    'no delivery thread',
    'it runs as part of a bundle: spans are sent from the main thread, and lost where the process ends at once, and ' +
      'libraries inside of the bundle are not traced. Leave it and them outside ' +
      '(esbuild --packages=external, webpack "externals", rollup "external"): docs/bundling.md',
  )
  return localCourier(settings, client)
}
