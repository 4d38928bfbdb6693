import { expect, test } from 'vitest'
import { runTracedApp } from '../../helpers/traced-app.js'

test('a package that is patched in place is traced when nothing has been required before it', async () => {
  const { spans, said } = await runTracedApp('first-require.cjs', { args: ['express'] })
  expect(spans.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['GET /items/:id', 'request handler - /items/:id']),
  )
  expect(said).toEqual([])
})

test('a package that is replaced is traced when nothing has been required before it', async () => {
  const { spans, stdout } = await runTracedApp('first-require.cjs', { args: ['pino'] })
  expect(JSON.parse(stdout)).toMatchObject({ msg: 'hello', trace_id: spans[0]?.traceId })
})
