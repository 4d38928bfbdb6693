import { expect, test } from 'vitest'
import { runTracedApp } from '../helpers/traced-app.js'

/** The API and the context manager are two of the lines; the rest is ours. The lines of Node.js itself are not counted. */
const LINES = {
  withSpan: 3,
  'withSpan with options': 3,
  withDbSpan: 4,
  handler: 3,
  end: 3,
  exit: 1,
}

test('the stacks that an app prints have few lines of tracing: one of ours around its function, handler and listener', async () => {
  const { stdout, stderr } = await runTracedApp('printed-stacks.mjs')
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toEqual(LINES)
})
