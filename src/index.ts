export { startTracing, type Tracing } from './start-tracing.js'
export type { BatchOptions, TracingOptions } from './config/options.js'
export { withSpan, type WithSpanOptions } from './spans/with-span.js'
export { traced, type TracedOptions } from './spans/traced.js'
export { Traced, type TracedDecorator } from './spans/traced-decorator.js'
export { addSpanEvent, currentSpan, setSpanAttributes } from './spans/current-span.js'
export { recordError } from './spans/record-error.js'
export { withBaggage } from './spans/baggage.js'
export { suppressed } from './spans/suppressed.js'
export { withDbSpan, type DbSpanOptions } from './spans/db-span.js'
export { withHttpSpan, type HttpSpanOptions } from './spans/http-span.js'
export { withMessageSpan, type MessageSpanOptions } from './spans/message-span.js'
export { tracedFetch } from './spans/traced-fetch.js'
export {
  consoleExporter,
  consoleSpanProcessor,
  type ConsoleExporterOptions,
} from './export/console/console-exporter.js'
export { collectSpans, type SpanCollection, type SpanTree } from './testing/collect-spans.js'
export { TracingConfigError, type TracingConfigErrorCode, type TracingConfigProblem } from './internal/errors.js'
export type { InstrumentationConfigMap } from './instrumentation/selection.js'
export type { PropagatorName } from './propagation/by-name.js'
export { SamplingDecision, type Sampler } from '@opentelemetry/sdk-trace'
