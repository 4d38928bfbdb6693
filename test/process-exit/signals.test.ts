import { describe, expect, test } from 'vitest'
import { expectAllToArrive, PROTOCOLS } from './both-runs.js'

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const
const APPS = ['app.cjs', 'app.mjs'] as const

const pairs = <A, B>(as: readonly A[], bs: readonly B[]): [A, B][] => as.flatMap((a) => bs.map((b): [A, B] => [a, b]))

describe.each(PROTOCOLS)('over %s everything arrives, and nothing else changes, when', (protocol) => {
  test.concurrent.each(pairs(APPS, SIGNALS))('%s ends by %s', async (app, signal) => {
    const leaver = { app, args: ['wait'], signalAfter: { pattern: /ready/, signal } }
    const outcome = await expectAllToArrive(protocol, leaver, { before: 1_000 })
    expect(outcome).toMatchObject({ exitCode: null, signal, timedOut: false })
  })

  test.concurrent.each(pairs(['on', 'once'], SIGNALS))(
    'the app has a handler of its own (%s) for %s, and ends when it has closed its server',
    async (how, signal) => {
      const leaver = { app: 'app.cjs', args: [`close ${how}`], signalAfter: { pattern: /ready/, signal } }
      const outcome = await expectAllToArrive(protocol, leaver, { before: 500, closing: 500 })
      expect(outcome).toMatchObject({ exitCode: 0, signal: null, stdout: `ready\nclosing for ${signal}\nclosed\n` })
    },
  )
})
