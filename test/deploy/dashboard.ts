import { readFileSync } from 'node:fs'
import { deployFile } from './prometheus-tools.js'

export interface Target {
  readonly refId: string
  readonly expr: string
  readonly exemplar?: boolean
  readonly datasource: { readonly uid: string }
}

export interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly datasource?: { readonly uid: string }
  readonly targets?: readonly Target[]
}

export interface Dashboard {
  readonly uid: string
  readonly title: string
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly query: string | { readonly query: string } }[]
  }
  readonly panels: readonly Panel[]
}

export const DASHBOARDS = ['red', 'sdk-health'] as const

export function readDashboard(name: (typeof DASHBOARDS)[number]): Dashboard {
  return JSON.parse(readFileSync(deployFile(`grafana/${name}.json`), 'utf8')) as Dashboard
}

/** Every query of the dashboard. */
export function queriesOf({ panels }: Dashboard): string[] {
  return panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
}

/** What Grafana puts in the place of variables; those of the dashboard as if all were chosen. */
export function filledIn(query: string, { window = '5m', values = {} }: FillOptions = {}): string {
  return query.replace(/\$(\w+)/g, (_, name: string) => (name.startsWith('__') ? window : (values[name] ?? '.*')))
}

interface FillOptions {
  /** For `$__rate_interval` and `$__range`. */
  readonly window?: string
  readonly values?: Readonly<Record<string, string>>
}
