import { messageOf } from '../../internal/diagnostics/diagnostics.js'
import { collectorConfigArguments, type CollectorConfigArguments } from './arguments.js'
import { COLLECTOR_CONFIG_HELP } from './help.js'
import { serviceSettings } from './service-settings.js'
import { collectorConfigFile } from './write-config.js'

const WRONG_USE = 2

/** `spanwright collector-config [options]`. Returns the exit status. */
export async function collectorConfig(args: readonly string[]): Promise<number> {
  let given: CollectorConfigArguments
  try {
    given = collectorConfigArguments(args)
  } catch (error) {
    process.stderr.write(`spanwright collector-config: ${messageOf(error)}\n`)
    return WRONG_USE
  }
  if (given.help) {
    process.stdout.write(COLLECTOR_CONFIG_HELP)
    return 0
  }
  process.stdout.write(collectorConfigFile(given, await serviceSettings(), args))
  return 0
}
