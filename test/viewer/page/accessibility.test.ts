import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeInBrowser, screenshotFolder } from '../helpers/browser.js'
import { startPageApp, type PageApp } from '../helpers/page-app.js'
import { logOf, shopTraceId, shopTraces } from '../helpers/shop.js'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

describeInBrowser('every view', (browser) => {
  let app: PageApp
  let empty: PageApp
  let folder: string
  beforeAll(async () => {
    app = await startPageApp()
    empty = await startPageApp()
    folder = await screenshotFolder()
    app.store.add(shopTraces(60))
    const charge = app.store.spansOf(shopTraceId(9)).find(({ name }) => name === 'charge card')
    if (charge) app.store.addLogs([logOf(charge, 'issuer answered 51', 'WARN')])
  })
  afterAll(async () => {
    await Promise.all([app.close(), empty.close()])
  })

  const views: readonly (readonly [name: string, address: () => string, prepare?: (page: Page) => Promise<void>])[] = [
    ['list', () => `${app.url}/`],
    ['empty', () => `${empty.url}/`],
    ['findings', () => `${app.url}/`, (page) => page.getByRole('button', { name: /^Findings/ }).click()],
    ['trace', () => `${app.url}/t/${shopTraceId(9)}`],
    [
      'details',
      () => `${app.url}/t/${shopTraceId(9)}`,
      (page) => page.locator('.span-row', { hasText: 'charge card' }).click(),
    ],
    ['map', () => `${app.url}/map`],
    ['flame', () => `${app.url}/flame`],
    ['compare', () => `${app.url}/compare?a=${shopTraceId(3)}&b=${shopTraceId(6)}`],
    ['unknown', () => `${app.url}/t/abc`],
    ['mistake', () => `${app.url}/?q=duration%3Esoon`],
    ['keys', () => `${app.url}/`, (page) => page.keyboard.press('?')],
    ['copy', () => `${app.url}/t/${shopTraceId(9)}`, (page) => page.keyboard.press('y')],
  ]

  for (const theme of ['dark', 'light'] as const) {
    for (const width of [1280, 375]) {
      test(`in the ${theme} theme, ${width} pixels wide, has nothing that axe finds, and fits`, async () => {
        const page = await browser.open(`${app.url}/`, { width, theme })
        const found: string[] = []
        for (const [name, address, prepare] of views) {
          await page.goto(address())
          await page.locator('main :is(h1, h2)').first().waitFor()
          await page.waitForTimeout(100)
          await prepare?.(page)
          await page.screenshot({ path: join(folder, `${name}-${theme}-${width}.png`) })
          for (const violation of await axe(page)) found.push(`${name}: ${violation}`)
          const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
          if (overflow > 0) found.push(`${name}: ${overflow} pixels too wide`)
        }
        expect(found).toEqual([])
        expect(await browser.finish()).toEqual([])
      }, 120_000)
    }
  }
})

/** Evaluated by the browser's debugger, which the page's own policy does not concern. */
async function axe(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  )
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${String(target)}: ${failureSummary ?? ''}`),
  )
}
