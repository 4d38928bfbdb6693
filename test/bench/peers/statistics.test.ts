import { describe, expect, test } from 'vitest'
import { peersAhead, summarize, type Figure } from '../../../bench/peers/page/statistics.mjs'

const figure = (more: Partial<Figure> = {}): Figure => ({ key: 'millis', label: 'boot', unit: 'ms', ...more })
const rounds = (...values: number[]): { millis: number }[] => values.map((millis) => ({ millis }))

describe('summarize', () => {
  test('gives the median and the spread of all rounds', () => {
    expect(summarize({ ours: rounds(9, 1, 5) }, 'ours', figure())).toEqual({ median: 5, min: 1, max: 9 })
    expect(summarize({ ours: rounds(4, 2) }, 'ours', figure())).toEqual({ median: 3, min: 2, max: 4 })
  })

  test('takes plain node of the same round from an added figure, and leaves that of plain node whole', () => {
    const samples = { none: rounds(10, 100, 20), ours: rounds(11, 103, 22) }
    expect(summarize(samples, 'ours', figure({ isAdded: true }))).toEqual({ median: 2, min: 1, max: 3 })
    expect(summarize(samples, 'none', figure({ isAdded: true }))).toEqual({ median: 20, min: 10, max: 100 })
  })

  test('gives nothing for who was not measured, or has not this figure', () => {
    expect(summarize({}, 'ours', figure())).toBeUndefined()
    expect(summarize({ ours: [{ other: 1 }] }, 'ours', figure())).toBeUndefined()
    expect(summarize({ none: [{}], ours: [{}] }, 'ours', figure({ isAdded: true }))).toBeUndefined()
    expect(summarize({ ours: rounds(1) }, 'ours', figure({ isAdded: true }))).toBeUndefined()
  })
})

describe('peersAhead', () => {
  const at = (median: number, min = median, max = median): { median: number; min: number; max: number } => ({
    median,
    min,
    max,
  })

  test('names those with a better median, best first, and never plain node', () => {
    const ofPeer = {
      none: at(0),
      ours: at(10, 9, 11),
      fast: at(5),
      close: at(9.5, 9, 12),
      slow: at(20),
      absent: undefined,
    }
    const ahead = peersAhead({ figure: figure({ isLessBetter: true }), ofPeer }, 'ours')
    expect(ahead.map(({ name, isClear }) => ({ name, isClear }))).toEqual([
      { name: 'fast', isClear: true },
      { name: 'close', isClear: false },
    ])
  })

  test('takes more for better where it is, and a figure without a better end for no contest', () => {
    const ofPeer = { ours: at(10), more: at(20), less: at(5) }
    expect(peersAhead({ figure: figure({ isLessBetter: false }), ofPeer }, 'ours').map(({ name }) => name)).toEqual([
      'more',
    ])
    expect(peersAhead({ figure: figure(), ofPeer }, 'ours')).toEqual([])
  })

  test('takes what looks the same on the page for the same', () => {
    const ofPeer = { ours: at(10.001), same: at(10) }
    expect(peersAhead({ figure: figure({ isLessBetter: true }), ofPeer }, 'ours')).toEqual([])
  })
})
