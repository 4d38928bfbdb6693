import { readFileSync } from 'node:fs'
import { describe, expect, test, vi } from 'vitest'
import { deployFile } from '../deploy/prometheus-tools.js'
import { otlpSink, type OtlpSink, type ReceivedSpan } from '../helpers/otlp-sink.js'
import { runNode } from '../helpers/run-node.js'
import { fixture, REPOSITORY } from '../helpers/traced-app.js'
import { startOpenSearch } from './opensearch.js'
import { has, hasJava, needs } from './programs.js'
import { startVictoriaLogs } from './victorialogs.js'

describe.skipIf(!has('opensearch') || !hasJava)(`log lines in OpenSearch ${needs('opensearch')}, and Java`, () => {
  test('lead to their trace, and the query in deploy/ from the trace to its lines, by both names of the id', async () => {
    await using sink = await otlpSink()
    await using openSearch = await startOpenSearch()
    await openSearch.index('logs-shop', await logLines(sink))

    type Line = Readonly<Record<string, string>>
    const [refused] = await openSearch.search<Line>(
      'logs-shop',
      '{ "query": { "bool": { "filter": [{ "match_phrase": { "msg": "card refused" } }, { "term": { "order": 8 } }] } } }',
    )
    const { trace, span } = spanOf(sink, { traceId: refused?.['trace.id'], spanId: refused?.['span.id'] })
    expect(span.name).toBe('charge')

    const query = readFileSync(deployFile('elasticsearch/logs-of-a-trace.json'), 'utf8')
    const lines = await openSearch.search<Line>('logs-*', query.replaceAll(/[0-9a-f]{32}/g, span.traceId))
    expect(lines.map(({ msg, order }) => [msg, order]).toSorted()).toEqual([
      ['card refused', 8],
      ['paying', 8],
    ])
    const paying = lines.find(({ msg }) => msg === 'paying')
    expect(trace.find(({ spanId }) => spanId === paying?.span_id)?.name).toBe('POST /payments')
  }, 180_000)
})

describe.skipIf(!has('victorialogs'))(`log lines in VictoriaLogs ${needs('victorialogs')}`, () => {
  test('that came over OTLP, and those of JSON, lead to their trace, and the trace to its lines', async () => {
    await using sink = await otlpSink()
    await using logs = await startVictoriaLogs()
    const lines = await logLines(sink, {
      OTEL_LOGS_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: logs.otlpLogsUrl,
    })
    const [overOtlp] = await found(() => logs.query('"card refused" order:7'), 1)
    const { trace, span } = spanOf(sink, { traceId: overOtlp?.trace_id, spanId: overOtlp?.span_id })
    expect(span.name).toBe('charge')
    const ofTrace = (): ReturnType<typeof logs.query> =>
      logs.query(`trace_id:="${span.traceId}" or "trace.id":="${span.traceId}"`)
    expect((await found(ofTrace, 2)).map(({ _msg }) => _msg)).toEqual(['paying', 'card refused'])

    await logs.push(lines)
    // Each of them a second time.
    const both = await found(ofTrace, 4)
    for (const line of both) {
      const id = line.span_id ?? line['span.id']
      const expected = line._msg === 'paying' ? 'POST /payments' : 'charge'
      expect(trace.find(({ spanId }) => spanId === id)?.name).toBe(expected)
    }
  }, 60_000)
})

/** What the fixture has written. */
async function logLines(sink: OtlpSink, env: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const { stdout, stderr, exitCode } = await runNode({
    args: ['--import', 'spanwright/register', fixture('backends/logging.mjs')],
    cwd: REPOSITORY,
    env: { OTEL_SERVICE_NAME: 'shop', OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl, ...env },
    timeoutMillis: 20_000,
  })
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
  const lines = stdout.trimEnd().split('\n')
  expect(lines).toHaveLength(5)
  return lines
}

function spanOf(sink: OtlpSink, ids: object): { readonly trace: readonly ReceivedSpan[]; readonly span: ReceivedSpan } {
  const span = sink.spans().find((each) => Object.entries(ids).every(([key, id]) => each[key as 'traceId'] === id))
  if (!span) throw new Error(`there is no span ${JSON.stringify(ids)}`)
  return { span, trace: sink.spans().filter(({ traceId }) => traceId === span.traceId) }
}

/** What is written is found a little later. */
function found<T>(find: () => Promise<readonly T[]>, count: number): Promise<readonly T[]> {
  const enough = async (): Promise<readonly T[]> => {
    const all = await find()
    expect(all).toHaveLength(count)
    return all
  }
  return vi.waitFor(enough, { timeout: 15_000, interval: 100 })
}
