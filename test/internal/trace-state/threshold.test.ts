import { TraceState } from '@opentelemetry/core'
import { describe, expect, test } from 'vitest'
import {
  adjustedCountOf,
  compareThresholds,
  encodeThreshold,
  isKept,
  parseRandomness,
  parseThreshold,
  probabilityOf,
  rvIn,
  stricterThreshold,
  thresholdFromBigInt,
  thresholdIn,
  thresholdToBigInt,
  withoutThreshold,
  withThreshold,
} from '../../../src/internal/trace-state/threshold.js'
import { randomTraceId, seeded } from '../../sampling/simulation.js'

test.each([
  [1, '0'],
  [1 / 2, '8'],
  [1 / 3, 'aaab'],
  [1 / 4, 'c'],
  [0.2, 'cccd'],
  [0.125, 'e'],
  [0.1, 'e666'],
  [1 / 16, 'f'],
  [0.01, 'fd70a'],
  [1e-3, 'ffbe77'],
  [1e-4, 'fff9724'],
  [1e-5, 'ffff583a'],
  [1e-6, 'ffffef39'],
  [2 ** -56, 'ffffffffffffff'],
  [1e-30, 'ffffffffffffff'],
  [0.99, '028f'],
  [0.9, '199a'],
  [2 / 3, '5555'],
  [0.05, 'f3333'],
])('probability %d is encoded as th:%s', (probability, threshold) => {
  expect(encodeThreshold(probability)).toBe(threshold)
})

test('the encoded probability is within 2^-13 of the one asked for, at any size', () => {
  const random = seeded(1)
  for (let i = 0; i < 10_000; i++) {
    const probability = 2 ** (-30 * random())
    expect(Math.abs(probabilityOf(encodeThreshold(probability)) / probability - 1)).toBeLessThanOrEqual(
      1.001 * 2 ** -13,
    )
  }
})

test.each([
  ['c', 4],
  ['8', 2],
  ['0', 1],
  ['ffffffffffffff', 2 ** 56],
])('a span kept at th:%s counts %d times', (threshold, count) => {
  expect(adjustedCountOf(threshold)).toBe(count)
})

test.each([
  ['10000000000000', '1'],
  ['1234500000000', '12345'],
  ['00', '0'],
])('th:%s is th:%s in its shortest form', (long, short) => {
  expect(parseThreshold(long)).toBe(short)
})

test.each(['x', '100000000000000', '-1', '14.5', '0x1p+3', 'C', ''])('th:%s is not a threshold', (value) => {
  expect(parseThreshold(value)).toBeUndefined()
  expect(thresholdIn(new TraceState(`ot=th:${value}`))).toBeUndefined()
})

test.each(['x', '1000000000000', '1234567890abcde', '1234567890ABCD'])('rv:%s is no randomness', (value) => {
  expect(parseRandomness(value)).toBeUndefined()
  expect(rvIn(new TraceState(`ot=rv:${value}`))).toBeUndefined()
})

test('an ot value of more than 256 characters is not believed', () => {
  const tooLong = { get: () => `th:8;xx:${'a'.repeat(256)}` } as unknown as TraceState
  expect(thresholdIn(tooLong)).toBeUndefined()
})

test('a threshold that is there twice is not believed', () => {
  expect(thresholdIn(new TraceState('ot=th:8;th:c'))).toBeUndefined()
})

test.each([
  ['abababababababababd29d6a7215ced0', undefined, 'c', true],
  ['00000000000000000000000000000001', '80000000000000', '8', true],
  ['ffffffffffffffffffffffffffffffff', '7fffffffffffff', '8', false],
  ['ffffffffffffffffffffffffffffffff', '7f99aa40c02744', '7f99aa40c02744', true],
  ['0af7651916cd43dd8448eb211c80319c', undefined, '8', false],
  ['4bf92f3577b34da6a3ce929d0e0e4736', undefined, 'e666', false],
  ['ABABABABABABABABABD29D6A7215CED0', undefined, 'd2', true],
  ['ABABABABABABABABABD29D6A7215CED0', undefined, 'd3', false],
])('trace %s with rv %s at th:%s: kept is %s', (traceId, rv, threshold, kept) => {
  expect(isKept(traceId, threshold, rv)).toBe(kept)
})

test('the comparison of digits agrees with that of 56-bit numbers', () => {
  const random = seeded(2)
  for (let i = 0; i < 100_000; i++) {
    const traceId = randomTraceId(random)
    const threshold = encodeThreshold(2 ** (-3 * random()))
    expect(isKept(traceId, threshold)).toBe(BigInt(`0x${traceId.slice(18)}`) >= thresholdToBigInt(threshold))
  }
})

test('a threshold becomes a number and itself again', () => {
  expect(thresholdToBigInt('c')).toBe(0xc0000000000000n)
  expect(thresholdFromBigInt(0xc0000000000000n)).toBe('c')
  expect(thresholdFromBigInt(1n)).toBe('00000000000001')
})

test('thresholds order as their numbers do', () => {
  const ordered = ['0', '028f', '8', '80000000000001', '81', 'e666', 'f', 'ffffffffffffff']
  expect(ordered.toReversed().sort(compareThresholds)).toEqual(ordered)
})

test.each([
  ['8', 1 / 8, 'e'],
  ['8', 1, '8'],
])('what arrives at th:%s and is thinned to %d leaves at th:%s', (arriving, probability, leaving) => {
  expect(stricterThreshold(arriving, encodeThreshold(probability))).toBe(leaving)
})

describe('the trace state', () => {
  test.each([
    [undefined, 'ot=th:c'],
    ['foo=1', 'ot=th:c,foo=1'],
    ['foo=1,ot=th:8', 'ot=th:c,foo=1'],
    ['ot=rv:1234567890abcd;th:8;zz:q', 'ot=th:c;rv:1234567890abcd;zz:q'],
    ['ot=th:X;th:8', 'ot=th:c'],
  ])('%s gets a threshold: %s', (before, after) => {
    const state = before === undefined ? undefined : new TraceState(before)
    expect(withThreshold(state, 'c').serialize()).toBe(after)
  })

  test.each([
    ['ot=th:8', ''],
    ['foo=1,ot=th:8', 'foo=1'],
    ['foo=1,ot=zz:q;th:8;rv:x', 'ot=zz:q;rv:x,foo=1'],
    ['ot=th:not-hex', ''],
  ])('%s loses its threshold: %s', (before, after) => {
    expect(withoutThreshold(new TraceState(before)).serialize()).toBe(after)
  })

  test('without a threshold it stays the same object', () => {
    const state = new TraceState('ot=rv:1234567890abcd;oth:1,foo=1')
    expect(withoutThreshold(state)).toBe(state)
  })

  test('with 32 members loses the rightmost for the threshold', () => {
    const members = Array.from({ length: 32 }, (_, index) => `k${index}=v`)
    const state = withThreshold(new TraceState(members.join(',')), 'c')
    expect(state.serialize()).toBe(['ot=th:c', ...members.slice(0, 31)].join(','))
  })

  test('of 512 characters loses long members for the threshold, and then the rightmost', () => {
    const members = [`a=${'x'.repeat(247)}`, `b=${'y'.repeat(120)}`, `c=${'z'.repeat(120)}`, 'd=1']
    const full = new TraceState(members.join(','))
    expect(withThreshold(full, 'ffffffffffffff').serialize()).toBe(`ot=th:ffffffffffffff,${members.slice(1).join(',')}`)
    const short = Array.from({ length: 5 }, (_, index) => `k${index}=${'v'.repeat(98)}`)
    const state = withThreshold(new TraceState(short.join(',')), 'ffffffffffffff')
    expect(state.serialize()).toBe(`ot=th:ffffffffffffff,${short.slice(0, 4).join(',')}`)
  })

  test.each(['zz:{é', 'zz:a=b'])(
    "of anybody else whose ot has %s, which is illegal, gets the threshold alone, and keeps other vendors' members",
    (ot) => {
      const foreign = { get: () => ot, serialize: () => `foo=1,ot=${ot},bar=2` } as unknown as TraceState
      expect(withThreshold(foreign, 'c').serialize()).toBe('ot=th:c,foo=1,bar=2')
    },
  )

  test('whose ot member is full goes without the threshold, and keeps the rest', () => {
    const others = `rv:1234567890abcd;zz:${'q'.repeat(232)}`
    const state = withThreshold(new TraceState(`ot=${others}`), 'c')
    expect(state.serialize()).toBe(`ot=${others}`)
  })
})

test(
  'a million strings are parsed without an error, and a written threshold is read back',
  { timeout: 120_000 },
  () => {
    const random = seeded(3)
    const parts = [
      'ot=',
      'th:',
      'rv:',
      ';',
      ',',
      '=',
      ':',
      'foo=1',
      '1234567890abcd',
      'c',
      '8',
      '0',
      'F',
      'x',
      ' ',
      '\t',
      '%é',
    ]
    let valid = 0
    for (let i = 0; i < 1_000_000; i++) {
      let text = random() < 0.5 ? 'ot=' : ''
      for (let length = Math.floor(random() * 10); length > 0; length--) {
        text += parts[Math.floor(random() * parts.length)] ?? ''
      }
      const state = new TraceState(text)
      const threshold = thresholdIn(state)
      if (threshold !== undefined) valid += 1
      const rv = rvIn(state)
      const written = withThreshold(state, 'fd70a')
      const erased = withoutThreshold(written)
      if (thresholdIn(written) !== 'fd70a' || thresholdIn(erased) !== undefined || rvIn(written) !== rv) {
        expect.unreachable(`${JSON.stringify(text)} became ${written.serialize()} and ${erased.serialize()}`)
      }
    }
    expect(valid).toBeGreaterThan(1_000)
  },
)
