// A file of its own in the build, loaded with the first library that is traced by us alone; see scripts/files-apart.ts. So
// nothing in it has state that the main file has, too: what it has to log is handed to it.
import type { Tracer } from '@opentelemetry/api'
import {
  InstrumentationBase,
  InstrumentationNodeModuleDefinition,
  InstrumentationNodeModuleFile,
  type InstrumentationConfig,
  type InstrumentationModuleDefinition,
} from '@opentelemetry/instrumentation'
import { requireOwn } from '../internal/runtime/own-package.js'
import type { OwnInstrumentationName } from './config-types.js'
import type { InstrumentationClass } from './instrumentation-class.js'
import { BULLMQ } from './libraries/bullmq.js'
import { HONO } from './libraries/hono.js'
import { TracedCalls, type Library, type Safely } from './libraries/library.js'
import { MARIADB } from './libraries/mariadb.js'
import { NODE_CRON } from './libraries/node-cron.js'
import { POSTGRES } from './libraries/postgres.js'
import { BETTER_SQLITE3, NODE_SQLITE } from './libraries/sqlite.js'

const LIBRARIES: Readonly<Record<OwnInstrumentationName, Library>> = {
  'better-sqlite3': BETTER_SQLITE3,
  bullmq: BULLMQ,
  hono: HONO,
  mariadb: MARIADB,
  'node-cron': NODE_CRON,
  postgres: POSTGRES,
  sqlite: NODE_SQLITE,
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
  const callsBy = (tracer: () => Tracer): TracedCalls => new TracedCalls(name, tracer, safely)
  return class extends InstrumentationBase {
    constructor(config: InstrumentationConfig) {
      super(scope, '', config)
      const { builtIn } = library
      if (builtIn !== undefined)
        safely(`${builtIn} is not traced`, () =>
          library.patch(
            requireOwn(builtIn) as never,
            callsBy(() => this.tracer),
          ),
        )
    }

    override init(): InstrumentationModuleDefinition[] {
      const calls = callsBy(() => this.tracer)
      const patch = (exported: unknown): unknown => library.patch(exported as never, calls) ?? exported
      const fileOf = (file: string, versions: string[]): InstrumentationNodeModuleFile =>
        new InstrumentationNodeModuleFile(file, versions, patch, () => undefined)
      return Object.entries(library.packages).map(([packageName, known]) => {
        const versions = [...known]
        const files = (library.files?.[packageName] ?? []).map((file) => fileOf(file, versions))
        return new InstrumentationNodeModuleDefinition(packageName, versions, patch, undefined, files)
      })
    }
  }
}
