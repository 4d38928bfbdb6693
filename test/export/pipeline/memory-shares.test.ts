import { describe, expect, test } from 'vitest'
import { memoryShares } from '../../../src/export/pipeline/memory-shares.js'

const MIB = 1_024 * 1_024

describe.each([1, 2] as const)('with %i copies of each batch', (copies) => {
  test.each([48, 64, 1_024])('a bound of %i MiB holds all copies, and leaves room to work', (mib) => {
    const { mostBytes } = memoryShares(mib * MIB, copies)
    expect(mib * MIB - copies * mostBytes).toBeGreaterThanOrEqual(Math.min(8 * MIB, (mib * MIB) / 8))
    expect(copies * mostBytes).toBeGreaterThan(0.85 * mib * MIB)
  })

  test.each([1, 3, 16, 64])('spans are chosen long before a bound of %i MiB is met', (mib) => {
    const { mostBytes, shedAboveBytes, mostBatchBytes } = memoryShares(mib * MIB, copies)
    expect(mostBytes - shedAboveBytes).toBeGreaterThanOrEqual(4 * MIB)
    expect(copies * shedAboveBytes).toBeLessThan(mib * MIB)
    expect(copies * mostBytes).toBeLessThanOrEqual(mib * MIB + 8 * MIB)
    // Four requests are under way at once.
    expect(4 * mostBatchBytes).toBeLessThan(shedAboveBytes)
  })
})
