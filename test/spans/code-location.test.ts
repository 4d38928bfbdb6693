import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ReceivedSpan } from '../helpers/otlp-sink.js'
import { fixture, REPOSITORY, runTracedApp } from '../helpers/traced-app.js'

const APP = 'code-location.mts'
const lines = readFileSync(fixture(APP), 'utf8').split('\n')
const lineOf = (code: string): number => lines.findIndex((line) => line.includes(code)) + 1

const NODE = ['--disable-warning=ExperimentalWarning', '--experimental-strip-types', '--import', 'spanwright/register']
const TSX = ['--import', 'tsx', '--import', 'spanwright/register']

const isCall = ({ kind, name }: ReceivedSpan): boolean => kind === 'CLIENT' && name !== 'tcp.connect'
const codeOf = ({ attributes }: ReceivedSpan): unknown => ({
  file: attributes['code.file.path'],
  line: attributes['code.line.number'],
  function: attributes['code.function.name'],
})

describe('with SPANWRIGHT_CODE_LOCATION=1', () => {
  test.each([
    ["by Node.js's type stripping", NODE],
    ['by tsx, which has source maps', TSX],
  ])('calls carry the place in the source that made them: TypeScript run %s', async (_how, flags) => {
    const env = { SPANWRIGHT_CODE_LOCATION: '1' }
    const run = await runTracedApp(APP, { withoutFlag: true, args: [], env, nodeArgs: flags })

    const file = join(REPOSITORY, 'test/fixtures', APP)
    expect(run).toMatchObject({ exitCode: 0, said: [] })
    expect(run.spans.filter(isCall).map(codeOf)).toEqual([
      { file, line: lineOf('get(url'), function: undefined },
      { file, line: lineOf('await fetch(url)'), function: 'byFetch' },
      { file, line: lineOf('await withDbSpan('), function: 'ofDatabase' },
    ])
    expect(run.spans.filter(({ kind }) => kind !== 'CLIENT').every((span) => codeOf(span) !== file)).toBe(true)
  })
})

test('without it no span carries a place', async () => {
  const run = await runTracedApp(APP, { withoutFlag: true, nodeArgs: NODE })

  expect(run.spans.filter(isCall)).toHaveLength(3)
  expect(run.spans.filter(({ attributes }) => 'code.file.path' in attributes)).toEqual([])
})
