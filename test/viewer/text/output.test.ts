import { Ajv2020, type AnySchemaObject } from 'ajv/dist/2020.js'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { TraceStore } from '../../../src/viewer/model/trace-store.js'
import { parseQuery } from '../../../src/viewer/query/parse.js'
import { isQueryError, type Query } from '../../../src/viewer/query/query.js'
import { memoryStore } from '../../../src/viewer/store/memory.js'
import { parseBaseline } from '../../../src/viewer/text/baseline.js'
import { parseFailOn, parseLimits } from '../../../src/viewer/text/fail-on.js'
import { outputOf, type Output, type OutputOptions } from '../../../src/viewer/text/output.js'
import type { ViewReport } from '../../../src/viewer/text/report.js'
import { traceOf, type PlannedSpan } from '../analysis/trace-of.js'

const CODE = { 'code.file.path': '/repo/orders.js', 'code.line.number': 41, 'code.function.name': 'load' }

/** A request that asks for each of its items by itself. */
function repeating(count: number): PlannedSpan {
  const queries = Array.from({ length: count }, (_, index): PlannedSpan => {
    const attributes = {
      'db.system.name': 'postgresql',
      'db.query.text': 'SELECT * FROM item WHERE order_id = $1',
      ...CODE,
    }
    return ['SELECT item', { at: [index + 1, index + 1.8], kind: 'client', attributes }]
  })
  return ['GET /orders', { at: [0, count + 2], service: 'shop', kind: 'server', children: queries }]
}

const declined: PlannedSpan = [
  'POST /checkout',
  {
    at: [0, 40],
    service: 'shop',
    kind: 'server',
    status: 'error',
    attributes: { 'http.response.status_code': 502 },
    children: [
      [
        'POST',
        {
          at: [1, 39],
          kind: 'client',
          status: 'error',
          children: [
            [
              'charge card',
              { at: [2, 38], service: 'payments', kind: 'server', status: 'error', statusMessage: 'card declined' },
            ],
          ],
        },
      ],
    ],
  },
]

const ID = { orders: '0'.repeat(31) + '1', checkout: '0'.repeat(31) + '2' }

function storeOf(...traces: readonly (readonly [traceId: string, root: PlannedSpan])[]): TraceStore {
  const store = memoryStore()
  for (const [traceId, root] of traces) store.add(traceOf([root], { traceId }))
  return store
}

const shop = (): TraceStore => storeOf([ID.orders, repeating(12)], [ID.checkout, declined])

function output(store: TraceStore, options: Partial<OutputOptions> = {}): Output {
  return outputOf(store, { format: 'text', style: { columns: 100, colours: false }, ...options })
}

function json(store: TraceStore, options: Partial<OutputOptions> = {}): ViewReport {
  return JSON.parse(output(store, { ...options, format: 'json' }).stdout) as ViewReport
}

function query(text: string): Query {
  const parsed = parseQuery(text)
  if (isQueryError(parsed)) throw new Error(parsed.message)
  return parsed
}

/** The schema allows fields to be added; here each that is printed must be one that it names. */
function closed(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return schema
  if (Array.isArray(schema)) return schema.map(closed)
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]))
  return 'properties' in inner ? { additionalProperties: false, ...inner } : inner
}

test('the JSON is as the published schema says, and has no field that this does not name', () => {
  const schema = JSON.parse(readFileSync('dist/view-schema.json', 'utf8')) as AnySchemaObject
  const ajv = new Ajv2020({ validateFormats: false })
  expect(ajv.validateSchema(schema), ajv.errorsText()).toBe(true)
  const isValid = ajv.compile(closed(schema) as AnySchemaObject)
  const everything = {
    withTraces: true,
    command: 'npm test',
    query: query('service:*'),
    failOn: parseFailOn('warning'),
    baseline: parseBaseline('[]'),
    problems: ['a line is no JSON'],
    startedMillis: 1_700_000_000_000,
  }
  const open = traceOf(
    [
      ['poll', { at: [0] }],
      ['lost', { at: [3, 4] }],
    ],
    { traceId: 'f'.repeat(32) },
  ).map((span) => (span.name === 'lost' ? { ...span, parentSpanId: 'abababababababab' } : span))
  const many = shop()
  many.add(open)
  for (const each of [json(shop()), json(many, everything), json(memoryStore(), everything)]) {
    void isValid(each)
    expect(isValid.errors, JSON.stringify(isValid.errors)).toBeNull()
  }
})

test('each trace has its roots, where its errors began, its path and its findings', () => {
  const { traces = [] } = json(shop(), { withTraces: true })
  const [checkout] = traces.filter(({ traceId }) => traceId === ID.checkout)
  expect(checkout).toMatchObject({
    spans: 3,
    roots: ['shop:POST /checkout'],
    orphans: 0,
    errors: 3,
    errorOrigins: [{ span: 'payments:charge card', message: 'card declined', reaches: 'shop:POST /checkout' }],
    criticalPath: {
      root: 'shop:POST /checkout',
      durationMillis: 40,
      byServiceMillis: { payments: 36, shop: 4 },
      assumptions: 0,
    },
    findings: [{ id: 'error', level: 'error' }],
  })
})

test('findings say where in the code they are, and operations how long they took', () => {
  const { findings, operations, run } = json(shop(), { command: 'npm test' })
  expect(findings.map(({ id, count, code }) => ({ id, count, code }))).toEqual([
    { id: 'error', count: 1 },
    { id: 'n+1', count: 12, code: { path: '/repo/orders.js', line: 41, function: 'load' } },
  ])
  expect(operations).toContainEqual(
    expect.objectContaining({
      service: 'shop',
      name: 'GET /orders',
      count: 1,
      failed: 0,
      minMillis: 14,
      maxMillis: 14,
    }),
  )
  expect(run).toMatchObject({ command: 'npm test', spans: 16, traces: 2, services: ['payments', 'shop'], dropped: 0 })
})

test('the status is 1 for what --fail-on names, 3 where nothing arrived, and says why', () => {
  const failing = output(shop(), { failOn: parseFailOn('n+1') })
  expect(failing).toMatchObject({ status: 1, stderr: 'spanwright view: 1 finding of --fail-on (status 1)\n' })
  expect(failing.stdout).toContain('▲ n+1 (fails)  ')
  expect(output(shop(), { failOn: parseFailOn('slow-query') })).toMatchObject({ status: 0, stderr: '' })
  expect(output(shop(), { failOn: parseFailOn('n+1'), limits: parseLimits(['n+1.count=13']) }).status).toBe(0)
  expect(output(shop(), { failOn: parseFailOn('error'), query: query('service:shop -service:payments') }).status).toBe(
    0,
  )

  const empty = output(memoryStore(), { failOn: parseFailOn('n+1') })
  expect(empty).toMatchObject({ status: 3, stdout: 'no span arrived\n' })
  expect(empty.stderr).toContain('spanwright doctor -- <command>')
  expect(output(memoryStore(), { failOn: parseFailOn('n+1'), allowsEmpty: true, commandStatus: 4 }).status).toBe(4)
})

test('an output of --json is a baseline that the next run does not fail for', () => {
  const before = storeOf([ID.orders, repeating(12)])
  const baseline = parseBaseline(output(before, { format: 'json' }).stdout)
  const failOn = parseFailOn('n+1,error')
  // As many requests as ever, other ids and times: the same fault.
  const after = storeOf(['a'.repeat(32), repeating(17)], ['b'.repeat(32), repeating(30)])
  expect(output(after, { failOn, baseline })).toMatchObject({ status: 0, stderr: '' })
  expect(output(after, { failOn, baseline }).stdout).toContain('n+1 (known)  ')
  after.add(traceOf([declined], { traceId: ID.checkout }))
  expect(output(after, { failOn, baseline })).toMatchObject({ status: 1 })
})

test('few traces are drawn all; of many, the examples of what was found', () => {
  const few = output(shop()).stdout
  expect(few).toContain(`trace ${ID.orders}`)
  expect(few).toContain(`trace ${ID.checkout}`)
  expect(few).toMatch(/SELECT item ×12 … total 9\.6 ms/)
  const many = storeOf(
    [ID.orders, repeating(12)],
    ...Array.from({ length: 6 }, (_, index) => [`${index + 1}`.repeat(32), ['GET /health', { at: [0, 1] }]] as const),
  )
  expect(output(many).stdout).toContain(`trace ${ID.orders}`)
  expect(output(many).stdout).not.toContain(`trace ${'3'.repeat(32)}`)
  expect(output(many, { withTraces: true }).stdout).toContain(`trace ${'3'.repeat(32)}`)
})

test('a key that no span has is named where nothing matches', () => {
  expect(output(shop(), { query: query('db.system.nam:x') }).stdout).toContain(
    'no span has the key db.system.nam; did you mean db.system.name?',
  )
  expect(output(shop(), { query: query('service.name:nobody') }).stdout).toBe(
    'no trace matches\n  of those that match service.name:nobody\n',
  )
})

test('a name of a span is no command for GitHub, wherever it stands', () => {
  const store = storeOf(
    [ID.orders, ['::error::stop', { at: [0, 1] }]],
    [ID.checkout, ['##[add-mask]x', { at: [0, 1] }]],
  )
  const lines = output(store).stdout.split('\n')
  expect(lines.some((line) => line.includes('::error::stop'))).toBe(true)
  expect(lines.filter((line) => /^\s*(::|##\[)/.test(line))).toEqual([])
})

test('annotations for GitHub are lines of the text, and beside the JSON they are on stderr', () => {
  const annotation = /^::warning file=orders\.js,line=41,title=spanwright%3A n\+1::/m
  expect(output(shop(), { githubRoot: '/repo' }).stdout).toMatch(annotation)
  const beside = output(shop(), { githubRoot: '/repo', format: 'json' })
  expect(beside.stdout).not.toMatch(annotation)
  expect(beside.stderr).toMatch(annotation)
})
