import type { Chart } from './chart.mjs'
import type { Figure, Samples } from './statistics.mjs'

export interface Row {
  key: string
  title: string
  text: string
  figures: readonly Figure[]
  dashes?: Record<string, string>
}
export interface RowResult {
  samples: Samples
  dashes?: Record<string, string>
  skipped?: string
  rounds: number
  seconds: number
  load: { before: number; after: number }
  measuredAt: string
}
export interface Results {
  machine: { cpu: string; cores: number; memoryGB: number; system: string; node: string; postgres?: string }
  versions: Record<string, Record<string, string>>
  failures: Record<string, string>
  rows: Record<string, RowResult>
}
export function benchmarksPage(input: {
  rows: readonly Row[]
  peers: readonly { name: string; title: string }[]
  results: Results
}): { text: string; charts: Record<string, Chart> }
