import { describe, expect, test } from 'vitest'
import { formatTraceparent, parseTraceparent } from '../../../src/propagation/trace-context/traceparent.js'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const PARENT = '00f067aa0ba902b7'
const VALID = `00-${TRACE}-${PARENT}-01`
const NO_TRACE = '0'.repeat(32)
const NO_PARENT = '0'.repeat(16)

const put = (text: string, at: number) => VALID.slice(0, at) + text + VALID.slice(at + text.length)

test('a valid header gives a remote span context', () => {
  expect(parseTraceparent(VALID)).toEqual({ traceId: TRACE, spanId: PARENT, traceFlags: 1, isRemote: true })
})

test.each([
  ['00', 0],
  ['01', 1],
  ['02', 2],
  ['03', 3],
])('flags %s are read as %i', (flags, value) => {
  expect(parseTraceparent(put(flags, 53))?.traceFlags).toBe(value)
})

test.each([
  ['04', 0],
  ['09', 1],
  ['fc', 0],
  ['0a', 2],
  ['ff', 3],
  ['10', 0],
])('of flags %s only sampled and random are read: %i', (flags, value) => {
  expect(parseTraceparent(put(flags, 53))?.traceFlags).toBe(value)
})

test.each([' ', '\t', ' \t \t'])('white space %j around the header is stripped', (space) => {
  expect(parseTraceparent(space + VALID + space)?.traceId).toBe(TRACE)
})

test.each(['\n', '\r', '\u00a0', '\u0000', '"'])('%j around the header is not optional white space', (text) => {
  expect(parseTraceparent(text + VALID)).toBeUndefined()
  expect(parseTraceparent(VALID + text)).toBeUndefined()
})

describe('not valid is', () => {
  test.each([
    put(NO_TRACE, 3), //
    put(NO_TRACE, 3).replace(/^00/, '01'),
  ])('a trace id of zeros: %s', (header) => {
    expect(parseTraceparent(header)).toBeUndefined()
  })

  test('a parent id of zeros', () => {
    expect(parseTraceparent(put(NO_PARENT, 36))).toBeUndefined()
  })

  test('a capital in any place', () => {
    for (let at = 0; at < VALID.length; at++) {
      expect(parseTraceparent(put('A', at)), put('A', at)).toBeUndefined()
      // Lower case in the same place is only wrong where a dash belongs, or where it makes another version.
      expect(parseTraceparent(put('a', at)) === undefined, put('a', at)).toBe([2, 35, 52].includes(at))
    }
  })

  test('any other character in any place', () => {
    for (let at = 0; at < VALID.length; at++) {
      for (const wrong of ['g', '/', ':', '`', ' ', '.', '\u0000', 'é', '\u{ff10}']) {
        expect(parseTraceparent(put(wrong, at)), put(wrong, at)).toBeUndefined()
      }
    }
  })

  test('version 00 of any length but 55', () => {
    for (let length = 0; length < VALID.length; length++) {
      expect(parseTraceparent(VALID.slice(0, length))).toBeUndefined()
    }
    for (const more of ['0', '-', '-x', '-01', '.']) expect(parseTraceparent(VALID + more)).toBeUndefined()
  })

  test.each([VALID, `${VALID}-more`])('version ff: %s', (header) => {
    expect(parseTraceparent(header.replace(/^00/, 'ff'))).toBeUndefined()
  })

  test.each(['0-', '0', '000', '0x', '-0', '..'])('version %s', (version) => {
    expect(parseTraceparent(version + VALID.slice(2))).toBeUndefined()
  })

  test.each([', ', ',', ' , '])('two headers joined by %j', (comma) => {
    expect(parseTraceparent(`${VALID}${comma}${VALID}`)).toBeUndefined()
    const future = VALID.replace(/^00/, '01')
    expect(parseTraceparent(`${future}${comma}${future}`)).toBeUndefined()
    expect(parseTraceparent(`${future}-x${comma}${future}`)).toBeUndefined()
  })
})

describe('a version of the future', () => {
  test.each(['01', '0f', '10', 'cc', 'fe'])('%s is read as far as it is known', (version) => {
    const expected = { traceId: TRACE, spanId: PARENT, traceFlags: 1, isRemote: true }
    expect(parseTraceparent(version + VALID.slice(2))).toEqual(expected)
    for (const more of ['-', '-what-the-future-will-be-like', '-a,b', '-=;é']) {
      expect(parseTraceparent(version + VALID.slice(2) + more)).toEqual(expected)
    }
  })

  test('has to end or to go on with a dash after the flags', () => {
    for (const more of ['0', '.what', 'x-']) expect(parseTraceparent(put('cc', 0) + more)).toBeUndefined()
  })

  test('is not valid with less than 55 characters', () => {
    expect(parseTraceparent(put('cc', 0).slice(0, 54))).toBeUndefined()
  })

  test('is not valid where its flags are not hex', () => {
    expect(parseTraceparent(put('cc', 0).replace(/01$/, '0x'))).toBeUndefined()
  })
})

describe('what goes out', () => {
  const spanContext = { traceId: TRACE, spanId: PARENT, traceFlags: 0 }

  test.each([
    [0, '00'],
    [1, '01'],
    [3, '03'],
    [0x10, '00'],
    [0xff, '03'],
    [0x101, '01'],
    [-1, '03'],
    [Number.NaN, '00'],
  ])('has flags %d as %s: two digits, and zero what is not known', (flags, digits) => {
    expect(formatTraceparent(spanContext, flags)).toBe(`00-${TRACE}-${PARENT}-${digits}`)
  })

  test('has ids in small letters, also where another format brought capitals', () => {
    const capitals = { ...spanContext, traceId: TRACE.toUpperCase(), spanId: 'ABCDEF0123456789' }
    expect(formatTraceparent(capitals, 1)).toBe(`00-${TRACE}-abcdef0123456789-01`)
  })

  test.each([
    { traceId: NO_TRACE },
    { spanId: NO_PARENT },
    { traceId: '' },
    { spanId: PARENT + PARENT },
    { traceId: TRACE.slice(1) + 'g' },
    { traceId: 7 as unknown as string },
    { spanId: undefined as unknown as string },
  ])('is nothing for the ids %j', (ids) => {
    expect(formatTraceparent({ ...spanContext, ...ids }, 1)).toBeUndefined()
  })
})
