import { beforeAll, expect, test } from 'vitest'
import { OPTION_REFERENCE, optionReference } from '../../scripts/option-reference.js'
import { OPTIONS } from '../../src/config/options.js'

let page: string
beforeAll(async () => {
  page = await optionReference()
})

test('the page of all options is what the table in the code makes of it: else npm run docs:options', async () => {
  await expect(page).toMatchFileSnapshot(OPTION_REFERENCE)
})

test('the page of all options has each of them, with a comment', () => {
  const rows = page.split('\n').filter((line) => line.startsWith('| `'))
  expect(rows.length).toBeGreaterThan(30)
  const names = rows.map((row) => /^\| `([^`.]+)/.exec(row)?.[1])
  expect([...new Set(names)].sort()).toEqual(Object.keys(OPTIONS).sort())
  expect(rows.filter((row) => /^\| `[^`]+`\s*\|\s*\|/.test(row))).toEqual([])
})
