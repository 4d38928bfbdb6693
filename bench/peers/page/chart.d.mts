import type { Summary } from './statistics.mjs'

export interface Chart {
  title: string
  unit: string
  bars: { label: string; summary: Summary | undefined; isOwn: boolean }[]
}
export function barChart(chart: Chart): string
