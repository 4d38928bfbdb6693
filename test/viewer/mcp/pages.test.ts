import { expect, test } from 'vitest'
import { page } from '../../../src/viewer/mcp/pages.js'

const lines = Array.from({ length: 1_000 }, (_, index) => `line ${index} with a word or two, and é`)

test('an answer has 4 KB at most, and its cursor goes on where it ended', () => {
  let cursor: string | undefined
  const read: string[] = []
  for (let pages = 0; pages < 50; pages += 1) {
    const answer = page(lines, cursor).split('\n')
    expect(Buffer.byteLength(answer.join('\n'))).toBeLessThan(4_100)
    cursor = /cursor "(\d+)"/.exec(answer.at(-1) ?? '')?.[1]
    read.push(...(cursor === undefined ? answer : answer.slice(0, -1)))
    if (cursor === undefined) break
  }
  expect(read).toEqual(lines)
})

test('a line that is longer than an answer is cut, and does not stop the rest', () => {
  expect(page(['x'.repeat(10_000), 'end'], undefined)).toMatch(/^x{4000}…\n… 1 more lines: call again with cursor "1"$/)
  expect(page(['x', 'end'], '1')).toBe('end')
})

test.each(['a', -1, 1.5, 3, {}])('the cursor %s is refused', (cursor) => {
  expect(() => page(['x'], cursor)).toThrow('cursor')
})
