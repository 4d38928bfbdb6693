import type { Page } from 'playwright-core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { describeInBrowser } from '../helpers/browser.js'
import { startPageApp, type PageApp } from '../helpers/page-app.js'
import { shopTraceId, shopTraces } from '../helpers/shop.js'

describeInBrowser('the views over many traces', (browser) => {
  let app: PageApp
  beforeEach(async () => {
    app = await startPageApp()
    app.store.add(shopTraces(60))
  })
  afterEach(async () => {
    const problems = await browser.finish()
    await app.close()
    expect(problems).toEqual([])
  })

  test('findings: one row a fault over all traces, with its examples; muted ones stay away', async () => {
    const page = await browser.open(app.url)
    const row = page.locator('.finding', { hasText: 'n+1' })
    await row.waitFor()
    expect(await row.innerText()).toMatch(/`?GET \/orders`? runs .* 24 times/)
    expect(await page.locator('.finding', { hasText: 'card declined: insufficient funds' }).innerText()).toMatch(
      /in \d+ of \d+ traces/,
    )
    await page.getByRole('button', { name: /^Findings 2/ }).click()
    await row.locator('.advice').waitFor()
    await row.getByRole('button', { name: 'mute' }).click()
    await page.getByRole('button', { name: /^Findings 1/ }).waitFor()
    await page.reload()
    await page.getByRole('button', { name: /^Findings 1/ }).waitFor()
    const [saved] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'save as baseline' }).click(),
    ])
    expect(saved.suggestedFilename()).toBe('known.json')
    await page.getByRole('button', { name: 'show again' }).click()
    await page.getByRole('button', { name: /^Findings 2/ }).waitFor()

    // From the finding to the span that shows it.
    await page.locator('.finding', { hasText: 'card declined' }).locator('.what > a').click()
    await page.locator('.span-row.chosen', { hasText: 'charge card' }).waitFor()
    await page
      .locator('.trace-findings', { hasText: 'card declined' })
      .getByRole('button', { name: 'jump' })
      .first()
      .click()
    await page.locator('.details', { hasText: 'CardError' }).waitFor()
  })

  test('the map: services and what they call, drawn and as a table, which is all that a telephone shows', async () => {
    const page = await browser.open(`${app.url}/map`)
    const drawn = page.locator('svg.map')
    await drawn.locator('.node', { hasText: 'payments' }).waitFor()
    expect(await drawn.locator('.node').count()).toBe(4)
    expect(await drawn.locator('.edge').count()).toBe(3)
    expect(await page.locator('.map-table').innerText()).toMatch(/storefront\s+payments\s+16/)
    expect(await page.locator('.panel').innerText()).toContain('60 traces')
    await drawn.locator('.node', { hasText: 'payments' }).click()
    await page.waitForURL(/q=service%3Apayments/)
    const phone = await browser.open(`${app.url}/map?q=status%3Aerror`, { width: 375 })
    await phone.locator('.map-table').waitFor()
    expect(await phone.locator('svg.map').count()).toBe(0)
    expect(await phone.locator('.panel').innerText()).toContain('5 traces')
  })

  test('the flame: where the time of all traces goes, by operation, and of one', async () => {
    const page = await browser.open(`${app.url}/flame`)
    const box = page.getByRole('button', { name: /^storefront select \* from order_items/ })
    await box.waitFor()
    const parent = await page.getByRole('button', { name: /^storefront GET \/orders/ }).boundingBox()
    const child = await box.boundingBox()
    expect(child?.width).toBeLessThanOrEqual(parent?.width ?? 0)
    expect(child?.y).toBeGreaterThan(parent?.y ?? Infinity)
    await box.focus()
    expect(await page.locator('.flame-facts').innerText()).toMatch(/spans in 32 traces/)
    await page.getByRole('button', { name: /^payments POST \/charges/ }).click()
    await page.getByRole('button', { name: 'whole flame' }).click()
    await page.goto(`${app.url}/t/${shopTraceId(3)}`)
    await page.locator('.span-row').nth(2).waitFor()
    await page.keyboard.press('f')
    await page.getByRole('button', { name: /^payments fraud check/ }).waitFor()
    await page.keyboard.press('m')
    await page.locator('svg.map .node', { hasText: 'catalogue' }).waitFor()
    await page.keyboard.press('w')
    await page.locator('.span-row').nth(2).waitFor()
  })

  test('comparing two traces, marked by v: the largest difference on the path is first, and leads to its span', async () => {
    const page = await browser.open(app.url)
    await page.goto(`${app.url}/t/${shopTraceId(3)}`)
    await page.locator('.span-row').nth(2).waitFor()
    await page.keyboard.press('v')
    await page.getByRole('button', { name: 'Marked' }).waitFor()
    await page.keyboard.press('Escape')
    await page.locator('.trace-row', { hasText: '/orders' }).first().waitFor()
    await choose(page, shopTraceId(6))
    await page.keyboard.press('v')
    await page.waitForURL(`**/compare?a=${shopTraceId(3)}&b=${shopTraceId(6)}`)
    const first = page.locator('.compare tbody tr').first()
    expect(await first.innerText()).toMatch(/payments fraud check/)
    await page.getByRole('button', { name: 'swap' }).click()
    await page.waitForURL(`**/compare?a=${shopTraceId(6)}&b=${shopTraceId(3)}`)
    await first.locator('td a').first().click()
    await page.locator('.span-row.chosen', { hasText: 'fraud check' }).waitFor()
  })

  test('a brushed group says what it has in common that the others have not, with counts', async () => {
    const page = await browser.open(`${app.url}/?q=${encodeURIComponent('trace.duration>35ms trace.duration<100ms')}`)
    await page.locator('.difference tbody tr').first().waitFor()
    expect(await page.locator('.difference').innerText()).toMatch(/\d+ of \d+/)
    expect(await page.locator('.difference').innerText()).not.toContain('%')
  })
})

async function choose(page: Page, traceId: string): Promise<void> {
  await page.locator('#traces').focus()
  await page.keyboard.press('Home')
  for (let presses = 0; presses < 80; presses++) {
    if ((await page.locator('#traces').getAttribute('aria-activedescendant')) === `trace-${traceId}`) return
    await page.keyboard.press('j')
  }
  throw new Error('the trace is not in the list')
}
