import { expect, test } from 'vitest'
import { runTracedApp } from '../../helpers/traced-app.js'

test('queries of pg: callbacks, rows and spans stay with their caller, also outside of a span, and failures have their code', async () => {
  const { exitCode, said, stdout, spans } = await runTracedApp('pg-calls.cjs', {
    env: { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'net,dns' },
    timeoutMillis: 25_000,
  })
  expect({ exitCode, said }).toEqual({ exitCode: 0, said: [] })
  expect(stdout.trim().split('\n')).toEqual(['callback in no span', 'row in rows'])
  const byId = new Map(spans.map((span) => [span.spanId, span]))
  const queries = spans.filter(({ name }) => name.startsWith('SELECT'))
  expect(queries.map(({ parentSpanId = '', name }) => `${byId.get(parentSpanId)?.name ?? 'root'}: ${name}`)).toEqual([
    'root: SELECT',
    'rows: SELECT',
    'refused: SELECT nowhere',
    'promise: SELECT nowhere',
  ])
  for (const { status, attributes, events } of queries.slice(2)) {
    expect(status.code).toBe('ERROR')
    expect(attributes).toMatchObject({ 'error.type': '42P01', 'db.response.status_code': '42P01' })
    expect(events[0]?.attributes['exception.type']).toBe('error')
  }
})
