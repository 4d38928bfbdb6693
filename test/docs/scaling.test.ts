import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { REPOSITORY } from '../helpers/traced-app.js'

type Figures = Readonly<Record<string, number>>

interface PageTools {
  readonly figuresIn: (page: string) => Figures
  readonly withTables: (page: string, figures: Figures) => string
}
interface ModelTools {
  readonly sizeOf: (spansASecond: number, figures: Figures) => Readonly<Record<string, number | string>>
}

const load = <T>(name: string): Promise<T> => import(join(REPOSITORY, 'bench/tiers', name)) as Promise<T>
const page = readFileSync(join(REPOSITORY, 'docs/scaling.md'), 'utf8')

test('the tables of docs/scaling.md are those that the model makes of the measured figures', async () => {
  const tools = await load<PageTools>('page.mjs')
  const figures = tools.figuresIn(page)
  expect(tools.withTables(page, figures)).toBe(page)
  expect(tools.withTables(page, { ...figures, gatewayMicros: 99 })).not.toBe(page)
})

test('what waits for a decision is rate × decision_wait, and the gateways are as many as the scarcer of CPU time and memory needs', async () => {
  const model = await load<ModelTools>('model.mjs')
  const figures = {
    decisionWaitSeconds: 10,
    waitingBytes: 1_000,
    gatewayMicros: 10,
    gatewayIdleBytes: 0,
    keptShare: 0.1,
    openSearchBytes: 500,
  }
  const size = model.sizeOf(1e6, figures)
  expect(size).toMatchObject({ waitingTraces: 2e6, waitingBytes: 1e10, keptSpans: 1e5, openSearchBytesADay: 4.32e12 })
  // 10 cores by 2.4 of each gateway; 10 GB by 4.8 GiB of each.
  expect(size).toMatchObject({ gateways: 5, gatewayLimit: 'CPU time' })
  expect(model.sizeOf(1e6, { ...figures, waitingBytes: 10_000 })).toMatchObject({
    gateways: 20,
    gatewayLimit: 'memory',
  })
  expect(model.sizeOf(1e3, figures)).toMatchObject({ gateways: 2 })
})
