import type { Summary } from './statistics.mjs'

export function formatNumber(value: number): string
export function withUnit(value: number, unit: string): string
export function formatSummary(summary: Summary): string
