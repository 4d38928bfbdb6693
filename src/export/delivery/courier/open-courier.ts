import { warnOnce } from '../../../internal/diagnostics.js'
import { deliveryThreadFile } from '../../../internal/package-files.js'
import type { Courier, CourierClient, CourierSettings } from './courier.js'
import { localCourier } from './local-courier.js'
import { threadCourier } from './thread-courier.js'

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
