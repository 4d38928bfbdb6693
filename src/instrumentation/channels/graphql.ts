import {
  InstrumentationNodeModuleDefinition,
  type InstrumentationModuleDefinition,
} from '@opentelemetry/instrumentation'
import type { InstrumentationClass } from '../instrumentation-class.js'
import { traceGraphql, type Inside } from './graphql-spans.js'
import { traceChannel } from './tracing-channel.js'

/** The instrumentation of graphql, for version 17, too. */
export function withGraphqlChannels(Class: InstrumentationClass): InstrumentationClass {
  let isTraced = false
  return class extends Class {
    override init(): InstrumentationModuleDefinition[] {
      const since17 = new InstrumentationNodeModuleDefinition('graphql', ['>=17'], (exported: unknown) => {
        // Once, for the copies in CommonJS and in ECMAScript modules alike.
        if (!isTraced) traceGraphql(this as unknown as Inside, traceChannel)
        isTraced = true
        return exported
      })
      return [super.init() ?? [], since17].flat()
    }
  }
}
