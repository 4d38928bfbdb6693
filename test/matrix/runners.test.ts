import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { fixture } from '../helpers/traced-app.js'
import { installedApp } from './installed-app.js'
import { ranWith } from './table.js'

const OWN = [/^INTERNAL slow /, /^INTERNAL last /]
const FLAG = '--import spanwright/register'
const shown = (tree: readonly string[]): unknown => tree.map((line) => OWN.findIndex((pattern) => pattern.test(line)))

test.for([
  ['Vitest', 'vitest', ['node_modules/vitest/vitest.mjs', 'run'], 'vitest.test.mjs'],
  ['node --test', undefined, ['--test', 'mock-timers.mjs'], 'mock-timers.mjs'],
] as const)('%s: code under fake timers is traced', async ([, runner, args, file], context) => {
  const files = { [file]: await readFile(fixture(`fake-timers/${file}`), 'utf8') }
  await using app = await installedApp(context, files, runner === undefined ? [] : [runner])
  ranWith(context, runner === undefined ? `Node.js ${process.version}` : await app.versions(runner))
  const result = await app.traced({ args })
  expect({ ...result, tree: shown(result.tree) }, result.stdout).toMatchObject({ exitCode: 0, tree: [0, 1] })
})

const JEST = `
const express = require('express')
const { collectSpans, withSpan } = require('spanwright')
test('calls itself', async () => {
  const app = express().get('/items/:id', (_request, response) => response.send('ok'))
  const server = await new Promise((resolve) => { const one = app.listen(0, () => resolve(one)) })
  await (await fetch('http://127.0.0.1:' + server.address().port + '/items/7')).text()
  server.close()
  server.closeAllConnections()
})
test('collects spans under fake timers', async () => {
  jest.useFakeTimers({ now: 0 })
  const spans = collectSpans()
  withSpan('work', () => undefined)
  expect(spans.map(({ name }) => name)).toEqual(['work'])
})
`
const STARTING = `
const { startTracing } = require('spanwright')
test('starts nothing', async () => {
  const { exported, timedOut } = await startTracing().flush()
  expect({ exported, timedOut }).toEqual({ exported: 0, timedOut: false })
})
`

test('Jest: requests by the flag, and spans that a test collects; startTracing in a test starts nothing', async (context) => {
  await using app = await installedApp(context, { 'app.test.js': JEST, 'starting.test.js': STARTING }, [
    'jest@30',
    'express@5',
  ])
  ranWith(context, await app.versions('jest'))
  const args = ['node_modules/jest/bin/jest.js', '--ci']
  const starting = await app.traced({ args: [...args, 'starting'] })
  expect(starting.exitCode, starting.stderr).toBe(0)
  expect(starting.stderr).toMatch(/^spanwright: tracing could not start, .* not supported in Jest/m)
  const result = await app.traced({ args: [...args, 'app'], env: { NODE_OPTIONS: FLAG } })
  expect(result.exitCode, result.stderr).toBe(0)
  // Jest has a module registry of its own, which no hook sees: Express is not traced in it.
  expect(result.tree).toEqual(['CLIENT GET (app)', '  SERVER GET (app)'])
})
