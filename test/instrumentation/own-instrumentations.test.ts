import { expect, test } from 'vitest'
import { runTracedApp } from '../helpers/traced-app.js'

test.each([
  ['registered.cjs', false],
  ['registered.mjs', false],
  ['option.cjs', true],
])(
  "the app's own instrumentations take precedence over ours, and make no span twice: %s",
  async (file, withoutFlag) => {
    const { exitCode, said, spans } = await runTracedApp(`own-instrumentations/${file}`, {
      withoutFlag,
      env: { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'net,dns' },
    })
    expect({ exitCode, said }).toEqual({ exitCode: 0, said: [] })
    const marked = spans.map(({ name, kind, attributes }) => `${kind} ${name}${attributes['of.the.app'] ? ' *' : ''}`)
    expect(marked.toSorted()).toEqual(['CLIENT GET *', 'INTERNAL request handler *', 'SERVER GET /items/:id *'])
  },
)
