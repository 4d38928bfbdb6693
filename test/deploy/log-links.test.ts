import { readFileSync } from 'node:fs'
import { context, ROOT_CONTEXT, trace, TraceFlags } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { pino } from 'pino'
import { format } from 'prettier'
import { expect, test } from 'vitest'
import { pinoMixin } from '../../src/logs/pino.js'
import type { LogFormat } from '../../src/logs/log-format.js'
import { deployFile } from './prometheus-tools.js'

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN_ID = '00f067aa0ba902b7'

const loki = readFileSync(deployFile('grafana/loki-derived-fields.yaml'), 'utf8')
const matcher = new RegExp(/matcherRegex: '(.+)'/.exec(loki)?.[1] ?? '(?!)')

test.each(['otel', 'ecs'] as const)("Loki finds the trace id in pino's lines in the format %s", (logFormat) => {
  expect(matcher.exec(pinoLine(logFormat))?.[1]).toBe(TRACE_ID)
})

test.each([
  ['JSON with spaces', `{ "trace_id" : "${TRACE_ID}" }`],
  ['plain text', `12:00 INFO paid trace_id=${TRACE_ID} span_id=${SPAN_ID}`],
])('Loki finds the trace id in %s', (_, line) => {
  expect(matcher.exec(line)?.[1]).toBe(TRACE_ID)
})

test.each([
  ['outside a span', '{"level":30,"msg":"paid"}'],
  ['with another id', `{"parent_trace_idea":"${TRACE_ID}","span_id":"${SPAN_ID}"}`],
  ['with an id of another length', `{"trace_id":"${TRACE_ID}00"}`],
])('Loki finds no trace id in a line %s', (_, line) => {
  expect(matcher.exec(line)).toBeNull()
})

test('Elasticsearch looks for the id under our name and under that of ECS', () => {
  const search = JSON.parse(readFileSync(deployFile('elasticsearch/logs-of-a-trace.json'), 'utf8')) as {
    query: { bool: { filter: [{ bool: { minimum_should_match: number; should: unknown[] } }] } }
  }
  expect(search.query.bool.filter[0].bool).toEqual({
    minimum_should_match: 1,
    should: [{ term: { trace_id: TRACE_ID } }, { term: { 'trace.id': TRACE_ID } }],
  })
})

test.each(['loki-derived-fields', 'prometheus-exemplars'])('%s.yaml is YAML', async (name) => {
  await expect(
    format(readFileSync(deployFile(`grafana/${name}.yaml`), 'utf8'), { parser: 'yaml' }),
  ).resolves.toBeTruthy()
})

/** A line that is written inside of a span. */
function pinoLine(logFormat: LogFormat): string {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager())
  const spanContext = { traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: TraceFlags.SAMPLED }
  let line = ''
  const logger = pino({ mixin: pinoMixin({ logFormat }) }, { write: (text: string) => (line += text) })
  context.with(trace.setSpanContext(ROOT_CONTEXT, spanContext), () => logger.info('paid'))
  return line
}
