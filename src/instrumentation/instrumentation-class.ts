import type {
  Instrumentation,
  InstrumentationConfig,
  InstrumentationModuleDefinition,
} from '@opentelemetry/instrumentation'

/** The class of an instrumentation; each has `init`, which says what it patches. */
export type InstrumentationClass = new (config: InstrumentationConfig) => Instrumentation & Definitions

interface Definitions {
  init(): InstrumentationModuleDefinition | InstrumentationModuleDefinition[] | undefined
}
