import { describe, expect, test } from 'vitest'
import { runTracedApp, type TracedRun } from '../helpers/traced-app.js'
import type { Line } from './lines.js'

const NAMES = ['pino', 'winston', 'bunyan', 'log4js', 'console']

interface LogRun extends TracedRun {
  readonly texts: readonly string[]
  readonly lines: readonly Line[]
}

async function logsOf(name: string, env: Record<string, string> = {}, withoutFlag = false): Promise<LogRun> {
  const run = await runTracedApp(`logs/${name}`, { env, withoutFlag })
  expect(run.exitCode).toBe(0)
  const texts = run.stdout.trim().split('\n')
  return { ...run, texts, lines: texts.map((text) => JSON.parse(text) as Line) }
}

const messageOf = ({ msg, message }: Line): unknown => msg ?? message

describe('in a process of its own', () => {
  test.each(['cjs', 'mjs'])('every logger of an app in .%s names the span, once a line', async (extension) => {
    const { texts, lines, said } = await logsOf(`loggers.${extension}`)
    const fields = lines.find(({ msg }) => msg === 'fields')
    const { msg: _msg, ...ids } = fields ?? {}
    expect(ids).toMatchObject({ trace_id: expect.stringMatching(/^[\da-f]{32}$/) as string, trace_flags: '01' })
    for (const name of NAMES) {
      const inside = lines.findIndex((line) => messageOf(line) === `${name} inside`)
      expect(lines[inside], name).toMatchObject(ids)
      expect(texts[inside]?.match(/trace_id/g), name).toHaveLength(1)
      expect(lines.find((line) => messageOf(line) === `${name} outside`)).not.toHaveProperty('trace_id')
    }
    expect(said).toEqual([])
  })

  test.each(['cjs', 'mjs'])(
    'each logger has the fields once, with an adapter beside it or none, in .%s',
    async (extension) => {
      const { texts, lines, said } = await logsOf(`side-by-side.${extension}`)
      const count = (text: string | undefined, name: string): number => text?.split(`"${name}"`).length ?? 0
      expect(lines).toHaveLength(32)
      for (const [index, line] of lines.entries()) {
        const message = String(messageOf(line))
        const isOutside = message.endsWith('outside')
        const expected = message.includes('adapted') ? [0, 1] : [1, 0]
        const found = [count(texts[index], 'trace_id') - 1, count(texts[index], 'dd.trace_id') - 1]
        expect({ message, found }).toEqual({ message, found: isOutside ? [0, 0] : expected })
      }
      expect(said).toEqual([])
    },
  )

  test('the instrumentations give the fields where there is no adapter, also when another logger gets one', async () => {
    const { lines } = await logsOf('automatic.cjs')
    expect(lines.map((line) => [messageOf(line), 'trace_id' in line])).toEqual([
      ['pino before', true],
      ['winston before', true],
      ['pino after', true],
      ['winston after', true],
    ])
  })

  test('a logger that was made before the start names spans, in the format of startTracing', async () => {
    const { lines, said } = await logsOf('made-before.mjs', {}, true)
    // The instrumentation comes too late, and is not needed.
    expect(said).toEqual([])
    expect(lines[0]).not.toHaveProperty(['dd.trace_id'])
    expect(lines[1]).toMatchObject({ msg: 'after', 'dd.trace_id': expect.stringMatching(/^\d+$/) as string })
    expect(lines[1]).not.toHaveProperty('trace_id')
  })

  test("winston's records name the span of their call when a transport does not keep up", async () => {
    const { lines } = await logsOf('slow-transport.mjs')
    expect(lines).toHaveLength(200)
    expect(lines.filter(({ span_id, spanId }) => span_id !== spanId)).toEqual([])
  })
})
