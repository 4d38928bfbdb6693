export { startTracing, type Tracing } from './start-tracing.js'
export type { TracingOptions } from './config/options.js'
export { BatchSpanProcessor, type BatchSpanProcessorOptions } from './export/batch-span-processor.js'
export type { BatchOptions } from './export/batch-options.js'
export type { TracingLedger } from './export/ledger.js'
export { withFlush, type WithFlushOptions } from './export/with-flush.js'
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
export { logFields, type LogFieldsOptions } from './logs/log-fields.js'
export type { LogFieldNames, LogFields, LogFormat } from './logs/log-format.js'
export { logAsSpanEvent, type LogEventLimits, type LogEventOptions } from './logs/span-events.js'
export { pinoMixin, type PinoMixin, type PinoMixinOptions } from './logs/pino.js'
export { winstonFormat, type WinstonFormat, type WinstonFormatOptions, type WinstonInfo } from './logs/winston.js'
export { bunyanStream, type BunyanStream, type BunyanStreamOptions } from './logs/bunyan.js'
export {
  log4jsAppender,
  log4jsLayout,
  type Log4jsAppender,
  type Log4jsAppenderType,
  type Log4jsEvent,
  type Log4jsLayoutMaker,
  type Log4jsOptions,
} from './logs/log4js.js'
export { consoleWithTrace, type ConsoleWithTraceOptions } from './logs/console.js'
export { collectSpans, type SpanCollection, type SpanTree } from './testing/collect-spans.js'
export { probabilitySampler } from './sampling/probability.js'
export { rateLimitingSampler, type RateLimitingOptions, type RateLimitingSampler } from './sampling/rate-limiting.js'
export { dynamicSampler, type DynamicSamplerOptions, type SampledSpan } from './sampling/dynamic.js'
export type { KeyWeight } from './sampling/key-shares.js'
export { errorBiasedSampler, type ErrorBiasedOptions, type ErrorBiasedSampler } from './sampling/error-biased.js'
export { ruleBasedSampler, type RuleBasedOptions, type RuleBasedSampler, type SamplingRule } from './sampling/rules.js'
export type { RuleConditions } from './sampling/rule-conditions.js'
export { watchedRuleSampler, type WatchedRuleOptions } from './sampling/watched-rules.js'
export type { RuleFileSampler } from './sampling/rule-file.js'
export { healthChecksAndStaticFiles } from './sampling/ready-rules.js'
export { remoteSampler, type RemoteOptions, type RemoteSampler } from './sampling/remote.js'
export { parentBased } from './sampling/parent-based.js'
export { anyOf } from './sampling/any-of.js'
export { alwaysOff, alwaysOn } from './sampling/always.js'
export { fromComposable, toComposable, type ComposableSampler, type SamplingIntent } from './sampling/composable.js'
export { keep } from './sampling/keep.js'
export { adjustedCount } from './sampling/adjusted-count.js'
export type { ForceOptions } from './sampling/force.js'
export type { SamplingDecisionRecord } from './sampling/decision-log.js'
export type { Clock } from './internal/clock.js'
export { TracingConfigError, type TracingConfigErrorCode, type TracingConfigProblem } from './internal/errors.js'
export type { InstrumentationConfigMap } from './instrumentation/selection.js'
export type { PropagatorName } from './propagation/by-name.js'
export { SamplingDecision, type Sampler } from '@opentelemetry/sdk-trace'
