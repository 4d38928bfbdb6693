import { describe, expect, test } from 'vitest'
import { runTracedApp } from '../../helpers/traced-app.js'

const run = (...args: string[]): ReturnType<typeof runTracedApp> => runTracedApp('built-ins.mjs', { args })

describe('what a start does not need', () => {
  test('is not loaded in an app that makes no calls', async () => {
    const { stdout, said } = await run()
    const loaded = Object.entries(JSON.parse(stdout) as Record<string, boolean>).filter(([, isLoaded]) => isLoaded)
    expect(loaded).toEqual([])
    expect(said).toEqual([])
  })
})

describe('a call is traced once', () => {
  test.each([
    'import http',
    'import node:http',
    'require http',
    'require node:http',
    'getBuiltinModule http',
    'getBuiltinModule node:http',
    'fetch',
  ])('when %s is the first that the app does', async (first) => {
    const { spans, said } = await run(first)
    expect(spans.map(({ kind, name }) => `${kind} ${name}`)).toContain('CLIENT GET')
    expect(spans.filter(({ kind }) => kind === 'CLIENT')).toHaveLength(1)
    expect(said).toEqual([])
  })

  test('and again after tracing was stopped and started, when the first call comes only then', async () => {
    const { spans } = await runTracedApp('built-ins.mjs', { args: ['restart'], withoutFlag: true })
    expect(spans.filter(({ kind }) => kind === 'CLIENT')).toHaveLength(1)
  })
})
