// A file of its own in the build, loaded with the first library that is traced by us alone; see scripts/files-apart.ts. So
// nothing in it has state that the main file has, too: what it has to log is handed to it.
import {
  InstrumentationBase,
  InstrumentationNodeModuleDefinition,
  type InstrumentationConfig,
  type InstrumentationModuleDefinition,
} from '@opentelemetry/instrumentation'
import type { OwnInstrumentationName } from './config-types.js'
import type { InstrumentationClass } from './instrumentation-class.js'
import { TracedCalls, type Library, type Safely } from './libraries/library.js'
import { POSTGRES } from './libraries/postgres.js'

const LIBRARIES: Readonly<Record<OwnInstrumentationName, Library>> = {
  postgres: POSTGRES,
}

/**
 * The instrumentation of a library that OpenTelemetry has none of, in the form of OpenTelemetry's.
 *
 * @param scope the name of its tracer
 */
export function libraryInstrumentation(
  name: OwnInstrumentationName,
  scope: string,
  safely: Safely,
): InstrumentationClass {
  const library = LIBRARIES[name]
  return class extends InstrumentationBase {
    constructor(config: InstrumentationConfig) {
      super(scope, '', config)
    }

    override init(): InstrumentationModuleDefinition[] {
      const calls = new TracedCalls(name, () => this.tracer, safely)
      const packages = Object.entries(library.packages)
      return packages.map(
        ([packageName, versions]) =>
          new InstrumentationNodeModuleDefinition(
            packageName,
            [...versions],
            (exported: unknown) => library.patch(exported as never, calls, packageName) ?? exported,
          ),
      )
    }
  }
}
