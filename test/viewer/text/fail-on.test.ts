import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { FINDING_IDS, failsOn, isWithinLimits, parseFailOn, parseLimits } from '../../../src/viewer/text/fail-on.js'

const repeated = { id: 'n+1', level: 'warning', count: 24, durationMillis: 38 } as const
const few = { ...repeated, level: 'warning', count: 6, durationMillis: 900 } as const
const slow = { id: 'slow-query', level: 'warning', count: 1, durationMillis: 840 } as const
const error = { id: 'error', level: 'error', count: 1, durationMillis: 3 } as const

const none = parseLimits([])

function fails(finding: Parameters<typeof failsOn>[0], failOn: string, limits: readonly string[] = []): boolean {
  return failsOn(finding, parseFailOn(failOn), parseLimits(limits))
}

describe('--fail-on', () => {
  test('an id counts at any level, and no other id does', () => {
    expect(fails({ ...repeated, level: 'info' }, 'n+1')).toBe(true)
    expect(fails(repeated, 'n+1-http, duplicate')).toBe(false)
    expect(fails(slow, 'n+1,slow-query')).toBe(true)
  })

  test('a level takes in those above it', () => {
    expect(fails(repeated, 'warning')).toBe(true)
    expect(fails(error, 'warning')).toBe(true)
    expect(fails(repeated, 'error')).toBe(false)
    expect(fails({ ...error, id: 'swallowed' }, 'error')).toBe(true)
  })

  test('durations decide nothing by level unless a limit asks for them: they vary from run to run', () => {
    expect(fails(slow, 'warning')).toBe(false)
    expect(fails(few, 'warning')).toBe(false)
    expect(fails(slow, 'warning', ['slow-query.duration=500ms'])).toBe(true)
  })

  test('what the baseline knows does not count', () => {
    expect(fails({ ...repeated, isKnown: true }, 'n+1')).toBe(false)
  })

  test('the id of every detector can be named', () => {
    const folder = 'src/viewer/analysis/findings'
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
    const ids = files.flatMap((file) => [...readFileSync(join(folder, file), 'utf8').matchAll(/\bid: '([^']+)'/g)])
    expect(ids.length).toBeGreaterThan(20)
    expect(
      ids.map(([, id]) => id).filter((id) => !(FINDING_IDS as readonly (string | undefined)[]).includes(id)),
    ).toEqual([])
  })

  test('a name that nothing has is refused with the nearest one', () => {
    expect(() => parseFailOn('n+1,slow-querry')).toThrow('no finding "slow-querry"; did you mean slow-query?')
    expect(() => parseFailOn(' , ')).toThrow('--fail-on takes ids')
  })
})

describe('--limit', () => {
  test('findings below it are none', () => {
    const limits = parseLimits(['n+1.count=10', 'slow-query.duration=1s,slow-query.count=1'])
    expect(isWithinLimits(repeated, limits)).toBe(true)
    expect(isWithinLimits(few, limits)).toBe(false)
    expect(isWithinLimits(slow, limits)).toBe(false)
    expect(isWithinLimits(error, limits)).toBe(true)
    expect(isWithinLimits(few, none)).toBe(true)
  })

  test('a count of its own makes a repeat a warning from there on', () => {
    expect(fails(few, 'warning')).toBe(false)
    expect(fails(few, 'warning', [`n+1.count=${few.count}`])).toBe(true)
    expect(fails(few, 'warning', [`n+1.count=${few.count + 1}`])).toBe(false)
    expect(fails(few, 'error', [`n+1.count=${few.count}`])).toBe(false)
  })

  test.each([
    ['n+1', 'takes id.count=10'],
    ['n+1.count', 'takes id.count=10'],
    ['n+2.count=3', 'did you mean n+1?'],
    ['n+1.count=0', 'a whole number from 1'],
    ['n+1.size=4', 'there are count and duration'],
    ['slow-query.duration=500', 'a duration has a unit'],
  ])('%s is refused', (text, message) => {
    expect(() => parseLimits([text])).toThrow(message)
  })
})
