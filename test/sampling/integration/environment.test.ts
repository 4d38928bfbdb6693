import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { otlpSink, type ReceivedSpan } from '../../helpers/otlp-sink.js'
import { runTracedApp, type TracedRun } from '../../helpers/traced-app.js'

const BEGUN_HERE = ['failed', 'healthy']
/** `above half` has an R above a half and an unsampled parent, `below half` an R below it and a sampled parent. */
const FROM_AFAR = ['above half', 'below half', 'unsampled failed']
const EVERYTHING = [...FROM_AFAR, ...BEGUN_HERE].toSorted()
/** What follows parents and keeps all roots keeps. */
const FOLLOWING = ['below half', ...BEGUN_HERE]

let folder: string
let rules: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sampling '))
  rules = join(folder, 'rules.json')
  const rule = { label: 'healthy', name: 'healthy*', sampler: 'always_off' }
  await writeFile(rules, JSON.stringify({ rules: [rule], fallback: { probability: { ratio: 1 } } }))
})
afterAll(() => rm(folder, { recursive: true }))

const run = (name: string, argument?: string, many = 0): Promise<TracedRun> =>
  runTracedApp('sampling-probe.mjs', {
    args: [String(many)],
    env: {
      OTEL_TRACES_SAMPLER: name,
      ...(argument !== undefined && { OTEL_TRACES_SAMPLER_ARG: argument }),
    },
  })

/** The traces that arrived whole, by the name of their first span. */
function kept({ spans }: Pick<TracedRun, 'spans'>): string[] {
  const names = new Set(spans.map(({ name }) => name))
  const roots = EVERYTHING.filter((name) => names.has(name))
  expect([...names].filter((name) => name.endsWith(' child'))).toHaveLength(roots.length)
  return roots
}

function stateOf({ spans }: Pick<TracedRun, 'spans'>, name: string): string | undefined {
  return spans.find((span: ReceivedSpan) => span.name === name)?.traceState
}

describe('OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG', () => {
  test.each([
    ['probability', undefined, EVERYTHING],
    ['probability', '1', EVERYTHING],
    ['probability', 'ratio=1', EVERYTHING],
    ['probability', '0', []],
    ['parentbased_probability', '0', ['below half']],
    ['parentbased_probability', '1', FOLLOWING],
    ['rate_limiting', undefined, EVERYTHING],
    ['rate_limiting', 'maxTracesPerSecond=1000,burst=500', EVERYTHING],
    ['rate_limiting', '0', []],
    ['parentbased_rate_limiting', '1000', FOLLOWING],
    ['dynamic', '1000', EVERYTHING],
    ['dynamic', 'goalTracesPerSecond=1000,weight=sqrt,recordKey=true', EVERYTHING],
    ['dynamic', '0', []],
    ['parentbased_dynamic', '1000', FOLLOWING],
    ['error_biased', '0', ['below half', 'failed', 'unsampled failed']],
    ['error_biased', 'ratio=0,maxErrorTracesPerSecond=0', ['below half']],
    ['error_biased', 'ratio=0,slowMillis=0', EVERYTHING],
    ['parentbased_error_biased', 'ratio=1', ['below half', 'failed', 'healthy', 'unsampled failed']],
  ])('%s with the argument %s keeps the traces %j', async (name, argument, expected) => {
    const result = await run(name, argument)
    expect(kept(result)).toEqual(expected)
    expect(result.said).toEqual([])
  })

  test('probability decides by R where there is a parent too, and writes the threshold', async () => {
    const result = await run('probability', '0.5')
    const decided = kept(result).filter((name) => FROM_AFAR.includes(name))
    expect(decided).toEqual(['above half'])
    expect([stateOf(result, 'above half'), stateOf(result, 'above half child')]).toEqual(['ot=th:8', 'ot=th:8'])
  })

  // 10 at once, and then less and less: three times as many would be a limit that isn't one.
  test.each(['rate_limiting', 'parentbased_rate_limiting', 'dynamic', 'parentbased_dynamic'])(
    '%s holds its limit',
    async (name) => {
      const { spans, said } = await run(name, '1', 1_000)
      const many = spans.filter((span) => span.name === 'many')
      expect(many.length).toBeLessThan(30)
      expect(many.filter(({ traceState }) => !/^ot=th:[0-9a-f]+$/.test(traceState))).toEqual([])
      expect(said).toEqual([])
    },
  )

  test('error_biased writes a threshold that counts an error once', async () => {
    const result = await run('error_biased', '0')
    for (const name of ['failed', 'failed child', 'unsampled failed child'])
      expect(stateOf(result, name)).toBe('ot=th:0')
  })

  test('dynamic writes its key where it is asked to', async () => {
    const { spans } = await run('dynamic', 'goalTracesPerSecond=1000,recordKey=true')
    const attributes = spans.find(({ name }) => name === 'healthy')?.attributes
    expect(attributes).toMatchObject({ 'sampling.key': 'healthy' })
  })

  test.each([
    ['rule_based', ['above half', 'below half', 'failed', 'unsampled failed']],
    ['parentbased_rule_based', ['below half', 'failed']],
  ])('%s takes the path of a file with rules', async (name, expected) => {
    for (const argument of [rules, `file=${rules},pollMillis=500`]) {
      const result = await run(name, argument)
      expect(kept(result)).toEqual(expected)
      expect(result.said).toEqual([])
      expect(result.exitCode).toBe(0)
    }
  })
})

describe('a wrong OTEL_TRACES_SAMPLER_ARG', () => {
  test.each([
    ['probability', '2', /ratio must be .* got 2; Probability\{1\} is used/, EVERYTHING],
    ['probability', 'half', /ratio must be .* got "half"/, EVERYTHING],
    ['probability', 'ration=0', /ration/, EVERYTHING],
    ['parentbased_probability', '-1', /ratio must be .* got -1/, FOLLOWING],
    ['rate_limiting', '-1', /maxTracesPerSecond must be .* got -1/, EVERYTHING],
    ['rate_limiting', 'maxTracesPerSecond=0,burst=0', /burst must be .* got 0/, EVERYTHING],
    ['dynamic', 'many', /goalTracesPerSecond must be .* got "many"/, EVERYTHING],
    ['dynamic', 'goalTracesPerSecond=0,weight=none', /weight must be .* got "none"/, EVERYTHING],
    ['always_on', '1', /1 must be left out: this sampler has no options/, EVERYTHING],
    ['rule_based', '/nowhere/rules.json', /file must be .*nowhere/, FOLLOWING],
    ['parentbased_rule_based', '/nowhere/rules.json', /file must be .*nowhere/, FOLLOWING],
  ])('%s with %s is logged once and counts as unset', async (name, argument, words, expected) => {
    const result = await run(name, argument)
    expect(result.said).toEqual([expect.stringMatching(words)])
    expect(result.said[0]).toMatch(/^spanwright: OTEL_TRACES_SAMPLER_ARG/)
    expect(kept(result)).toEqual(expected)
    expect(result.exitCode).toBe(0)
  })

  test.each(['ratio=2', 'ratio=0,maxErrorTracesPerSecond=0,slow=1', 'always'])(
    'error_biased with %s is logged once, and errors are kept by the defaults',
    async (argument) => {
      const result = await run('error_biased', argument)
      expect(result.said).toEqual([expect.stringMatching(/^spanwright: OTEL_TRACES_SAMPLER_ARG.*ErrorBiased\{/)])
      expect(kept(result)).toEqual(expect.arrayContaining(['failed', 'unsampled failed']))
    },
  )

  test('rule_based without a file is logged once, and everything is kept', async () => {
    const result = await run('rule_based')
    expect(result.said).toEqual([expect.stringMatching(/^spanwright: OTEL_TRACES_SAMPLER_ARG.* file must be/)])
    expect(kept(result)).toEqual(FOLLOWING)
  })
})

describe('OTEL_CONFIG_FILE', () => {
  async function runFile(sampler: string): Promise<TracedRun> {
    await using sink = await otlpSink()
    const file = join(folder, 'tracing.yaml')
    await writeFile(
      file,
      `file_format: '1.0'
propagator:
  composite:
    - tracecontext:
tracer_provider:
  processors:
    - batch:
        exporter:
          otlp_http:
            endpoint: ${sink.tracesUrl}
  sampler:
${sampler.replace(/^/gm, '    ')}
`,
    )
    return await runTracedApp('sampling-probe.mjs', { sink, env: { OTEL_CONFIG_FILE: file } })
  }

  test.each([
    ['probability/development:\n  ratio: 1', EVERYTHING],
    ['probability/development:\n  ratio: 0', []],
    ['parent_based:\n  root:\n    probability/development:\n      ratio: 0', ['below half']],
    ['parent_based:\n  root:\n    probability/development:\n      ratio: 1', FOLLOWING],
    ['rate_limiting/development:\n  max_traces_per_second: 1000\n  burst: 500', EVERYTHING],
    ['dynamic/development:\n  goal_traces_per_second: 0', []],
    ['error_biased/development:\n  ratio: 0', ['below half', 'failed', 'unsampled failed']],
    ['error_biased/development:\n  ratio: 0\n  max_error_traces_per_second: 0', ['below half']],
    ['error_biased/development:\n  ratio: 0\n  slow_millis: 0', EVERYTHING],
    [
      'parent_based:\n  root:\n    error_biased/development:\n      ratio: 0',
      ['below half', 'failed', 'unsampled failed'],
    ],
  ])('%s', async (sampler, expected) => {
    const result = await runFile(sampler)
    expect(result.said).toEqual([])
    expect(kept(result)).toEqual(expected)
  })

  test('rule_based/development takes the path of a file with rules', async () => {
    const result = await runFile(`rule_based/development:\n  file: '${rules}'`)
    expect(result.said).toEqual([])
    expect(kept(result)).toEqual(['above half', 'below half', 'failed', 'unsampled failed'])
  })

  test.each([
    ['probability/development:\n  ratio: 2', /ratio must be/],
    ['rate_limiting/development:\n  burst: 0', /burst must be/],
    ['error_biased/development:\n  slow: 1', /slow/],
  ])('a wrong option leaves the app running and untraced, with one warning: %s', async (sampler, words) => {
    const result = await runFile(sampler)
    expect(result).toMatchObject({ spans: [], exitCode: 0 })
    expect(result.said).toEqual([expect.stringMatching(words)])
  })
})
