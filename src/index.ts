export { startTracing } from './start-tracing.js'
export { getTracing, type Tracing } from './tracing.js'
export type { TracingOptions } from './config/options.js'
export type { RedactOption, RedactRule } from './internal/privacy/redact-rules.js'
export { TracerProvider, type TracerProviderOptions } from './tracer/tracer-provider.js'
export { BatchSpanProcessor, type BatchSpanProcessorOptions } from './export/pipeline/batch-span-processor.js'
export type { BatchOptions } from './export/pipeline/batch-options.js'
export type { FlushResult } from './export/pipeline/flush-result.js'
export type { LogLedger, TracingLedger } from './export/pipeline/ledger.js'
export { withFlush, type WithFlushOptions } from './serverless/with-flush.js'
export { withSpan, type WithSpanOptions } from './spans/with-span.js'
export { traced, type TracedOptions } from './spans/traced.js'
export { Traced, type TracedDecorator } from './spans/traced.js'
export { addSpanEvent, currentSpan, localRootSpan, setSpanAttributes } from './spans/current-context.js'
export { recordError } from './spans/record-error.js'
export { withBaggage } from './spans/current-context.js'
export { suppressed } from './spans/current-context.js'
export { withDbSpan, type DbSpanOptions } from './spans/db-span.js'
export { withHttpSpan, type HttpSpanOptions } from './spans/http-span.js'
export { withMessageSpan, type MessageSpanOptions } from './messaging/message-span.js'
export { withMessageBatch, type EachMessage, type MessageBatchOptions } from './messaging/message-batch.js'
export { tracedFetch } from './spans/http-span.js'
export { consoleExporter, consoleSpanProcessor, type ConsoleExporterOptions } from './console/console-exporter.js'
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
export { traceExemplar, type TraceExemplar } from './metrics/exemplars.js'
export { withExemplars, type ExemplarCounter, type ExemplarHistogram } from './metrics/exemplars.js'
export type { PrometheusRegistry, SpanMetricsOptions } from './metrics/span-metrics-options.js'
export type { NamingStyle } from './metrics/naming.js'
export { collectSpans, type SpanCollection, type SpanTree } from './testing/collect-spans.js'
export { findings } from './testing/findings.js'
export type { CodeLocation, Confidence as FindingConfidence, Finding, FindingLevel } from './viewer/model/finding.js'
export { probabilitySampler } from './sampling/samplers/probability.js'
export {
  rateLimitingSampler,
  type RateLimitingOptions,
  type RateLimitingSampler,
} from './sampling/samplers/rate-limiting.js'
export { dynamicSampler, type DynamicSamplerOptions, type SampledSpan } from './sampling/samplers/dynamic.js'
export type { KeyWeight } from './sampling/adaptive/key-shares.js'
export {
  errorBiasedSampler,
  type ErrorBiasedOptions,
  type ErrorBiasedSampler,
} from './sampling/samplers/error-biased.js'
export {
  ruleBasedSampler,
  type RuleBasedOptions,
  type RuleBasedSampler,
  type SamplingRule,
} from './sampling/rules/rules.js'
export type { RuleConditions } from './sampling/rules/rule-conditions.js'
export { watchedRuleSampler, type WatchedRuleOptions } from './sampling/names/registry.js'
export type { RuleFileSampler } from './sampling/rules/rule-file.js'
export { healthChecksAndStaticFiles } from './sampling/rules/presets.js'
export { remoteSampler, type RemoteOptions, type RemoteSampler } from './sampling/remote/remote-sampler.js'
export { parentBased } from './sampling/samplers/parent-based.js'
export { anyOf } from './sampling/samplers/any-of.js'
export { alwaysOff, alwaysOn } from './sampling/samplers/always.js'
export {
  fromComposable,
  toComposable,
  type ComposableSampler,
  type SamplingIntent,
} from './sampling/samplers/composable.js'
export { keep } from './sampling/tail/registry.js'
export { adjustedCount } from './sampling/decision/threshold-decision.js'
export type { ForceOptions } from './sampling/runtime/force.js'
export type { SamplingDecisionRecord } from './sampling/runtime/decision-log.js'
export type { Clock } from './internal/runtime/clock.js'
export {
  TracingConfigError,
  type TracingConfigErrorCode,
  type TracingConfigProblem,
} from './internal/checks/validate.js'
export type {
  FastifyOtelConfig,
  InstrumentationConfigMap,
  InstrumentationConfigs,
  InstrumentationName,
} from './instrumentation/config-types.js'
export type { PropagatorName } from './propagation/by-name.js'
export { extractTraceContext, type ExtractTraceContextOptions } from './propagation/extract-trace-context.js'
export { injectTraceContext, type InjectTraceContextOptions } from './propagation/inject-trace-context.js'
export { traceparent } from './propagation/current-traceparent.js'
export { withExtractedContext } from './propagation/extract-trace-context.js'
export type { CarrierForm } from './propagation/carrier.js'
export { tracingMiddleware, type NextFunction, type TracingMiddleware } from './middleware/express.js'
export {
  tracingPlugin,
  type FastifyInstanceLike,
  type FastifyReplyLike,
  type FastifyRequestLike,
  type TracingPlugin,
} from './middleware/fastify.js'
export { tracingKoa, type KoaContextLike, type KoaMiddleware } from './middleware/koa.js'
export { tracingHono, type HonoContextLike, type HonoMiddleware } from './middleware/hono.js'
export { tracingInterceptor, type NestContextLike, type TracingInterceptor } from './middleware/nest.js'
export { nextInstrumentation, type NextInstrumentation } from './middleware/next.js'
export { tracedLambda, type TracedLambdaOptions } from './serverless/aws-lambda.js'
export type { MiddlewareOptions } from './middleware/options.js'
export { traceContextPropagator } from './propagation/trace-context/trace-context-propagator.js'
export { baggagePropagator } from './propagation/baggage/baggage-propagator.js'
export { datadogPropagator, jaegerPropagator } from './propagation/by-name.js'
export { firstValidPropagator } from './propagation/composite.js'
export { baggageSpanProcessor } from './propagation/baggage-attributes.js'
export type { RequestPattern } from './internal/http/ignored-requests.js'
export type { CapturedHeaders, HttpRequestOptions } from './instrumentation/http/request-options.js'
export type { PropagationOptions } from './propagation/propagation-options.js'
export type { PropagationTarget } from './propagation/propagation-targets.js'
export type { TraceResponseHeader } from './propagation/response-headers.js'
export type { TrustIncoming } from './propagation/trust-incoming.js'
export { bindContext } from './context/bind-context.js'
export { portWithContext, workerWithContext, type MessageEnd } from './context/worker-with-context.js'
export { SamplingDecision, type Sampler } from '@opentelemetry/sdk-trace'
