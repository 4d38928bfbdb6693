import { describe, expect, test } from 'vitest'
import { fixture } from '../helpers/traced-app.js'
import { expectAllToArrive, PROTOCOLS, type Leaver } from './both-runs.js'

const afterTracing = (way: string): Leaver => ({ app: 'app.cjs', args: [way] })
const beforeTracing = (way: string): Leaver => ({
  app: 'nothing.cjs',
  args: [way],
  nodeArgs: ['--require', fixture('leaving/first.cjs')],
})

const REGISTERED = [
  ['before tracing starts', beforeTracing],
  ['after tracing has started', afterTracing],
] as const

describe.each(PROTOCOLS)('over %s everything arrives, and nothing else changes, when', (protocol) => {
  test.concurrent.each(REGISTERED)('a listener for exit, registered %s, ends spans', async (_when, leaver) => {
    const outcome = await expectAllToArrive(protocol, leaver('spans at exit'), { 'at exit': 1_000 })
    expect(outcome).toMatchObject({ exitCode: 0, stderr: '' })
  })

  test.concurrent.each(REGISTERED)('a listener for exit, registered %s, calls process.exit', async (_when, leaver) => {
    const outcome = await expectAllToArrive(protocol, leaver('exit at exit'), { before: 1_000 })
    expect(outcome).toMatchObject({ exitCode: 9, stdout: 'exit with 0\n' })
  })

  test.concurrent('a listener for beforeExit has more work three times, and is not called more often', async () => {
    const spans = { before: 250, 'round 1': 250, 'round 2': 250, 'round 3': 250 }
    const { stdout } = await expectAllToArrive(protocol, afterTracing('beforeExit loop'), spans)
    expect(stdout.trim().split('\n')).toEqual([0, 1, 2, 3].map((rounds) => `beforeExit after ${rounds} rounds`))
  })
})
