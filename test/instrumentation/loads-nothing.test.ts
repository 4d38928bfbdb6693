import { expect, test } from 'vitest'
import { runTracedApp } from '../helpers/traced-app.js'

// To require a module that has been loaded is to resolve it anew: some fifty microseconds each time.
test('requests load nothing after the first ones', async () => {
  const { stdout, spans } = await runTracedApp('loads-nothing.cjs')
  expect(JSON.parse(stdout)).toEqual([])
  expect(spans.filter(({ kind }) => kind === 'SERVER')).toHaveLength(14)
})
