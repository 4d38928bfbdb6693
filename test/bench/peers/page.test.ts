import { describe, expect, test } from 'vitest'
import { barChart } from '../../../bench/peers/page/chart.mjs'
import { formatNumber, formatSummary } from '../../../bench/peers/page/format.mjs'
import { benchmarksPage, type Results, type Row } from '../../../bench/peers/page/page.mjs'

const PEERS = [
  { name: 'none', title: 'no tracing' },
  { name: 'spanwright', title: 'spanwright' },
  { name: 'stock', title: 'Stock' },
  { name: 'other', title: 'Other' },
]
const BOOT: Row = {
  key: 'boot',
  title: 'Boot',
  text: 'Until the first line.',
  figures: [{ key: 'millis', label: 'first line', unit: 'ms', isLessBetter: true, isAdded: true, isHeadline: true }],
  dashes: { other: 'has no boot' },
}

function results(ours: number, stock: number, load = 0.1): Results {
  const samples = { none: [{ millis: 40 }], spanwright: [{ millis: 40 + ours }], stock: [{ millis: 40 + stock }] }
  const measured = { rounds: 1, seconds: 2, load: { before: load, after: 1 }, measuredAt: '2026-05-04T03:02:01.000Z' }
  return {
    machine: { cpu: 'CPU', cores: 2, memoryGB: 8, system: 'Linux 6', node: 'v24.0.0' },
    versions: { stock: { 'stock-sdk': '1.2.3' } },
    failures: {},
    rows: { boot: { samples, ...measured } },
  }
}
const pageOf = (given: Results, rows: Row[] = [BOOT]): string =>
  benchmarksPage({ rows, peers: PEERS, results: given }).text

describe('the page of the benchmarks', () => {
  test('says first where another one is ahead, with both figures', () => {
    const page = pageOf(results(100, 80))
    expect(page.match(/^## .*/gm)?.[0]).toBe('## Where another tracer is ahead')
    expect(page).toContain('In 1 of 1 figures.')
    expect(page).toContain('- **Boot**, first line: Stock 80 ms; spanwright 100 ms')
  })

  test('adds that who is ahead loses spans', () => {
    const lost = { key: 'lostPercent', label: 'lost', unit: '%', isLessBetter: true }
    const given = results(100, 80)
    Object.assign(given.rows.boot?.samples.stock?.[0] ?? {}, { lostPercent: 74.4 })
    const page = pageOf(given, [{ ...BOOT, figures: [...BOOT.figures, lost] }])
    expect(page).toContain('Stock 80 ms (and loses 74.4 % of its spans); spanwright 100 ms')
  })

  test('says so where none is', () => {
    expect(pageOf(results(80, 100))).toContain('In none of the figures of this page.')
  })

  test('gives a reason for each dash: of the row, of this run, or of the installation', () => {
    expect(pageOf(results(80, 100))).toContain('- Other: has no boot.')
    const failed = results(80, 100)
    failed.failures = { other: 'could not be installed: no such version' }
    expect(pageOf(failed)).toContain('- Other: could not be installed: no such version.')
    const { dashes: _, ...bare } = BOOT
    expect(pageOf(results(80, 100), [bare])).toContain('- Other: not measured.')
  })

  test('tells the load of the machine, and warns where it was busy', () => {
    expect(pageOf(results(1, 2))).toContain('The machine had nothing else to do.')
    const page = pageOf(results(1, 2, 5.25))
    expect(page).toContain('Load average before the first row 5.25')
    expect(page).toContain('The machine was busy with other work')
  })

  test('has versions, rounds and the day in it', () => {
    const page = pageOf(results(1, 2))
    expect(page).toContain('| Stock | stock-sdk 1.2.3 |')
    expect(page).toContain('| Boot | 1 | 2 | 0.1 → 1 |')
    expect(page).toContain('> 2026-05-04, Node.js v24.0.0, 2 × CPU')
  })

  test('says why a row could not be measured, and leaves out one that was not asked for', () => {
    const skipped: Row = { ...BOOT, key: 'service', title: 'Service' }
    const given = results(1, 2)
    Object.assign(given.rows, { service: { ...given.rows.boot, samples: {}, skipped: 'needs a database' } })
    expect(pageOf(given, [BOOT, skipped])).toContain('## Service\n\nNot measured: needs a database.')
    expect(pageOf(results(1, 2), [BOOT, skipped])).not.toContain('## Service')
  })

  test('has a chart of each row with a bar or a dash for every tracer', () => {
    const { charts } = benchmarksPage({ rows: [BOOT], peers: PEERS, results: results(100, 80) })
    expect(charts['bench-boot']?.bars.map(({ label, summary }) => [label, summary?.median])).toEqual([
      ['spanwright', 100],
      ['Stock', 80],
      ['Other', undefined],
    ])
  })
})

describe('a chart', () => {
  const svg = barChart({
    title: 'a < b & c',
    unit: 'ms',
    bars: [
      { label: 'spanwright', summary: { median: 50, min: 40, max: 60 }, isOwn: true },
      { label: 'below', summary: { median: -3, min: -3, max: -3 }, isOwn: false },
      { label: 'absent', summary: undefined, isOwn: false },
    ],
  })

  test('stands on a ground of its own, in light and in dark', () => {
    expect(svg).toContain('class="card"')
    expect(svg).toContain('prefers-color-scheme: dark')
  })

  test('escapes its words, draws a spread where there is one, and no bar of negative width', () => {
    expect(svg).toContain('a &lt; b &amp; c')
    expect(svg.match(/class="spread" x1/g)).toHaveLength(1)
    expect(svg).not.toMatch(/width="-/)
    expect(svg).toContain('−3 ms')
    expect(svg).toContain('>—<')
  })
})

test('numbers have three digits that count, and thousands apart', () => {
  expect([12_345.6, 1_234, 123.4, 12.34, 1.234, 0.1234, 0.001, -2.5, 0].map(formatNumber)).toEqual([
    '12,346',
    '1,234',
    '123',
    '12.3',
    '1.23',
    '0.12',
    '0',
    '−2.5',
    '0',
  ])
  expect(formatSummary({ median: 5, min: 4, max: 6 })).toBe('5 (4 to 6)')
  expect(formatSummary({ median: 5, min: 5, max: 5 })).toBe('5')
})
