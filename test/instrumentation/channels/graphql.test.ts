import type { GraphQLInstrumentationConfig } from '@opentelemetry/instrumentation-graphql'
import { trace } from '@opentelemetry/api'
import { buildSchema, graphql, parse } from 'graphql'
import { beforeEach, describe, expect, test } from 'vitest'
import { traceGraphql } from '../../../src/instrumentation/channels/graphql-spans.js'
import { traceChannel } from '../../../src/instrumentation/channels/tracing-channel.js'
import { spanTree } from '../../helpers/span-tree.js'
import { runTracedApp } from '../../helpers/traced-app.js'
import { TestTracing } from '../../spans/tracing.js'

test.each(['required.cjs', 'imported.mjs'])(
  'GraphQL.js 17 has the spans that upstream makes for the versions before: %s',
  async (file) => {
    const { exitCode, said, stdout, spans } = await runTracedApp(`graphql/${file}`, { timeoutMillis: 20_000 })
    expect({ exitCode, said }).toEqual({ exitCode: 0, said: [] })
    expect(stdout).toBe('{"books":[{"title":"A","pages":3}],"other":[{"title":"A"}],"fails":null}\n1\n')
    expect(spanTree(spans).map((line) => line.replace(/ \([^)]*\)/, ''))).toEqual([
      'INTERNAL request',
      '  INTERNAL graphql.parse',
      '  INTERNAL graphql.validate',
      '  INTERNAL query Shelf',
      '    INTERNAL graphql.resolve books',
      '      INTERNAL look up',
      '      INTERNAL graphql.resolve books.0.title',
      '      INTERNAL graphql.resolve books.0.pages',
      '    INTERNAL graphql.resolve other',
      '      INTERNAL look up',
      '      INTERNAL graphql.resolve other.0.title',
      '    INTERNAL graphql.resolve fails',
      'INTERNAL refused',
      '  INTERNAL graphql.parse',
      '  INTERNAL graphql.validate',
    ])
    const failed = spans.filter(({ status }) => status.code === 'ERROR')
    expect(failed.map(({ name, status }) => [name, status.message])).toEqual([
      ['graphql.resolve fails', 'no such shelf'],
    ])
    expect(JSON.stringify(spans.map(({ name, attributes }) => [name, attributes]))).not.toContain('alice@example.com')
  },
)

describe('the spans of GraphQL.js 17', () => {
  const schema = buildSchema('type Query { items(of: Int): [Item] } type Item { name: String tags: [Item] }')
  const rootValue = { items: async () => Promise.resolve([{ name: 'a', tags: () => [{ name: 't' }] }, { name: 'b' }]) }
  const source =
    'query Items($of: Int) {\n  # all of them\n  items(of: $of) { name tags { name } }\n  some: items(of: 7) { name }\n}'

  let config: GraphQLInstrumentationConfig = {}
  let tracing: TestTracing
  beforeEach(() => {
    config = {}
    tracing = new TestTracing()
  })
  // Channels are the process's, so they are subscribed to once.
  traceGraphql(
    {
      getConfig: () => config,
      get tracer() {
        return trace.getTracer('test')
      },
    },
    traceChannel,
  )

  const run = (): unknown => graphql({ schema, source, rootValue, variableValues: { of: 2 } })

  test('have the attributes of upstream, without values and comments', async () => {
    await run()
    const withoutValues =
      'query Items($of: Int) {\n  \n  items(of: $of) { name tags { name } }\n  some: items(of: *) { name }\n}'
    expect(tracing.named('graphql.parse').attributes).toEqual({ 'graphql.source': withoutValues })
    expect(tracing.named('query Items').attributes).toEqual({
      'graphql.operation.type': 'query',
      'graphql.operation.name': 'Items',
      'graphql.source': withoutValues,
    })
    expect(tracing.named('graphql.resolve items.0.tags.0.name').attributes).toEqual({
      'graphql.field.name': 'name',
      'graphql.field.path': 'items.0.tags.0.name',
      'graphql.field.type': 'String',
      'graphql.parent.name': 'Item',
    })
  })

  test('have values where allowValues is set', async () => {
    config = { allowValues: true }
    await run()
    expect(tracing.named('query Items').attributes).toMatchObject({ 'graphql.variables.of': 2 })
    expect(tracing.named('query Items').attributes['graphql.source']).toContain('some: items(of: 7)')
  })

  test.each<[string, GraphQLInstrumentationConfig, string[]]>([
    ['to a depth', { depth: 1 }, ['items', 'some']],
    [
      'once for all items of a list',
      { mergeItems: true, depth: 3 },
      ['items', 'items.*.name', 'items.*.tags', 'some', 'some.*.name'],
    ],
    ['for fields with a resolver alone', { ignoreTrivialResolveSpans: true }, []],
  ])('are made %s', async (_how, options, paths) => {
    config = options
    await run()
    const prefix = 'graphql.resolve '
    const found = tracing.names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length))
    expect(found.toSorted()).toEqual(paths)
  })

  test('lie below the operation where flatResolveSpans is set', async () => {
    config = { flatResolveSpans: true }
    await run()
    const { spanId } = tracing.named('query Items').spanContext()
    expect(tracing.named('graphql.resolve items.0.name').parentSpanContext?.spanId).toBe(spanId)
  })

  test('are given to the responseHook, and one that fails changes nothing', async () => {
    const results: unknown[] = []
    config = {
      responseHook(_span, result) {
        results.push(result)
        throw new Error('of the hook')
      },
    }
    expect(await run()).toMatchObject({ data: { some: [{ name: 'a' }, { name: 'b' }] } })
    expect(results).toMatchObject([{ data: { some: [{ name: 'a' }, { name: 'b' }] } }])
    expect(tracing.names).toContain('query Items')
  })

  test('have their own names for schemas, and the exception of what cannot be parsed', () => {
    parse('type A { b: Int }')
    expect(() => parse('{ items')).toThrow('Syntax Error')
    expect(tracing.names).toEqual(['graphql.parseSchema', 'graphql.parse'])
    expect(tracing.named('graphql.parse').events.map(({ name }) => name)).toEqual(['exception'])
  })
})
