import { warnOnce } from '../../../internal/diagnostics.js'
import type { Courier, CourierClient, CourierSettings } from './courier.js'
import { localCourier } from './local-courier.js'
import { threadCourier } from './thread-courier.js'
import { threadFile } from './thread-file.js'

export function openCourier(settings: CourierSettings, client: CourierClient, wantsThread: boolean): Courier {
  if (!wantsThread) return localCourier(settings, client)
  const file = threadFile()
  if (file !== undefined) return threadCourier(file, settings, client)
  warnOnce(
    'no delivery thread',
    'the file of the delivery thread is not there (is spanwright bundled? Leave it outside the bundle); ' +
      'spans are sent from the main thread, and lost where the process ends at once',
  )
  return localCourier(settings, client)
}
