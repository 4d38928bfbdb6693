import { expect, test } from 'vitest'
import { interceptMethod } from '../../../src/internal/process-exit/intercepted-method.js'

interface Host {
  say: (word: string) => string
}

const marked =
  (mark: string) =>
  (original: Host['say']): Host['say'] =>
  (word) =>
    mark + original(word)

function host(): Host {
  return Object.create({ say: (word: string) => word }) as Host
}

test('a method stays wrapped when somebody puts back what was there before us', () => {
  const target = host()
  const before = target.say
  const stop = interceptMethod(target, 'say', marked('<'))
  target.say = before
  expect(target.say('a')).toBe('<a')
  target.say = (word) => `${before(word)}!`
  expect(target.say('a')).toBe('<a!')
  stop()
  expect(target.say('a')).toBe('a!')
})

test('a wrapper that somebody has saved and puts back is not wrapped once more', () => {
  const target = host()
  interceptMethod(target, 'say', marked('<'))
  for (let round = 0; round < 3; round += 1) {
    const saved = target.say
    target.say = (word) => `${saved(word)}!`
    target.say = saved
  }
  expect(target.say('a')).toBe('<a')
})

test('a method that nobody has replaced is afterwards as it was', () => {
  const target = host()
  interceptMethod(target, 'say', marked('<'))()
  expect(Object.hasOwn(target, 'say')).toBe(false)
})
