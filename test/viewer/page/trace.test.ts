import type { Page } from 'playwright-core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readTraceFile } from '../../../src/viewer/receive/open-file.js'
import { exception, traceOf } from '../analysis/trace-of.js'
import { describeInBrowser } from '../helpers/browser.js'
import { startPageApp, type PageApp } from '../helpers/page-app.js'
import { later, logOf, shopTraceId, shopTraces, wideTrace } from '../helpers/shop.js'

const ORDERS = shopTraceId(1)
const CHECKOUT = shopTraceId(3)
const DECLINED = shopTraceId(9)

describeInBrowser('one trace', (browser) => {
  let app: PageApp
  beforeEach(async () => {
    app = await startPageApp()
    app.store.add(shopTraces(12))
  })
  afterEach(async () => {
    const problems = await browser.finish()
    await app.close()
    expect(problems).toEqual([])
  })

  const open = async (traceId: string, search = '', settings = {}): Promise<Page> => {
    const page = await browser.open(`${app.url}/t/${traceId}${search}`, settings)
    await page.locator('.span-row .label').first().waitFor()
    return page
  }
  const names = (page: Page): Promise<string[]> => page.locator('.rows-space .span-row .label').allTextContents()
  const chosen = (page: Page): Promise<string> => page.locator('.span-row.chosen .label').innerText()
  const clipboard = (page: Page): Promise<string> => page.evaluate(() => navigator.clipboard.readText())

  test('is a tree with the critical path on its bars, and folds alike siblings into one row', async () => {
    const page = await open(ORDERS)
    expect(await names(page)).toEqual([
      'storefront GET /orders',
      'storefront SELECT orders',
      'storefront SELECT order_items ×24',
    ])
    expect(await page.locator('.span-row.folded .bar').count()).toBeGreaterThan(5)
    expect(await page.locator('.path').count()).toBeGreaterThan(3)
    const grid = page.getByRole('treegrid', { name: 'Spans' })
    expect(await grid.getAttribute('aria-rowcount')).toBe('4')
    const row = page.locator('#waterfall [role=row]').nth(1)
    expect([await row.getAttribute('aria-level'), await row.getAttribute('aria-expanded')]).toEqual(['1', 'true'])
    expect(await page.locator('.trace-head').innerText()).toMatch(/answered · 26 spans · 1 service/)

    // All by keys: down to the folded row, unfold it, fold its parent, all, none.
    await page.keyboard.press('j')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('j')
    expect(await chosen(page)).toContain('×24')
    await page.keyboard.press('ArrowRight')
    await page.waitForFunction(() => document.querySelectorAll('.rows-space .span-row').length > 20)
    await page.keyboard.press('Home')
    await page.keyboard.press('ArrowLeft')
    await page.waitForFunction(() => document.querySelectorAll('.rows-space .span-row').length === 1)
    await page.keyboard.press('E')
    await page.waitForFunction(() => document.querySelectorAll('.rows-space .span-row').length > 20)
    await page.keyboard.press('e')
    await page.waitForFunction(() => document.querySelectorAll('.rows-space .span-row').length === 3)
  })

  test('steps through the path, errors and hits of a search by keys, zooms, and goes back', async () => {
    const page = await open(DECLINED)
    await page.keyboard.press('.')
    expect(await chosen(page)).toContain('POST /checkout')
    await page.keyboard.press('.')
    await page.keyboard.press('.')
    expect(await chosen(page)).toContain('charge card')
    expect(await page.locator('.details').innerText()).toContain('card declined: insufficient funds')
    await page.keyboard.press(']')
    await page.keyboard.press('[')
    expect(await chosen(page)).toContain('charge card')
    await page.keyboard.press('/')
    await page.keyboard.type('name:"fraud check"')
    await page.keyboard.press('Enter')
    await page.locator('.hits', { hasText: '1 hits' }).waitFor()
    await page.keyboard.press('n')
    expect(await chosen(page)).toContain('fraud check')
    const ticks = (): Promise<string[]> => page.locator('.tick').allTextContents()
    const whole = await ticks()
    await page.keyboard.press('+')
    expect(await ticks()).not.toEqual(whole)
    await page.keyboard.press('d')
    await page.keyboard.press('a')
    await page.keyboard.press('0')
    expect(await ticks()).toEqual(whole)
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
    await page.waitForURL(app.url + '/')
  })

  test('shows only the path or only errors, each with its ancestors', async () => {
    const page = await open(DECLINED)
    await page.getByRole('button', { name: 'Only errors' }).click()
    expect((await names(page)).join()).not.toContain('fraud check')
    expect((await names(page)).join()).toContain('charge card')
    await page.getByRole('button', { name: 'Only path' }).click()
    expect((await names(page)).join()).toContain('fraud check')
  })

  test('opens at the span that a link names, also where it is folded, and tells its details', async () => {
    const span = app.store.spansOf(ORDERS)[10]
    if (!span) throw new Error('no span')
    app.store.addLogs([logOf(span, 'slow cursor'), logOf(span, 'gave up', 'ERROR')])
    const page = await open(ORDERS, `?s=${span.spanId}`)
    await page.locator('.span-row.chosen').waitFor()
    expect(await page.locator('.span-row.chosen').getAttribute('id')).toContain(span.spanId)
    expect(await page.locator('.span-row.chosen .mark').innerText()).toBe('≡2')
    const details = await page.locator('.details').innerText()
    expect(details).toContain('SELECT * FROM order_items WHERE order_id =')
    expect(details).toContain('WARN slow cursor')
    expect(details).toContain('ERROR gave up')
    expect(details).toMatch(/longer than \d+ of its 23 siblings/)
    await page.getByRole('link', { name: 'Traces with this db.namespace' }).click()
    await page.waitForURL(/q=db\.namespace%3Dshop/)
    await page.locator('.trace-row', { hasText: 'GET /orders' }).first().waitFor()
  })

  test('is copied as traceparent, curl, OTLP JSON, Markdown and link', async () => {
    const page = await open(ORDERS)
    const copy = async (key: string, label: string): Promise<string> => {
      await page.keyboard.press('y')
      await page.keyboard.press(key)
      await page.locator('.notice', { hasText: `Copied: ${label}` }).waitFor()
      return clipboard(page)
    }
    expect(await copy('t', 'traceparent')).toMatch(new RegExp(`^00-${ORDERS}-[0-9a-f]{16}-01$`))
    expect(await copy('u', 'curl')).toMatch(/curl 'http:\/\/shop\.test:8080\/orders\?page=2' -H 'traceparent: 00-/)
    expect(await copy('l', 'link')).toBe(page.url())
    const { spans, problems } = readTraceFile(Buffer.from(await copy('j', 'OTLP JSON')), 'copied')
    expect(problems).toEqual([])
    expect(spans).toHaveLength(26)
    expect(spans[0]?.startMicros).toBe(app.store.spansOf(ORDERS)[0]?.startMicros)
    expect(await copy('m', 'Markdown')).toContain('storefront SELECT order_items ×24')
  })

  test('grows while its spans arrive, and keeps focus, the chosen row and what is folded', async () => {
    const page = await open(CHECKOUT)
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    const before = await chosen(page)
    const [root] = app.store.spansOf(CHECKOUT)
    if (!root) throw new Error('no root')
    const late = traceOf([['send receipt', { at: [60, 65] }]], { traceId: CHECKOUT, firstId: 500 })
    app.store.add(later(late, 3 * 250_000).map((span) => ({ ...span, parentSpanId: root.spanId })))
    await page.locator('.span-row', { hasText: 'send receipt' }).waitFor()
    expect(await chosen(page)).toBe(before)
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('waterfall')
    expect(await page.locator('.trace-head').innerText()).toContain('goes on')
  })

  test('has a row for a parent that never arrived, and says which clocks were corrected', async () => {
    const skewed = traceOf(
      [
        [
          'GET /a',
          {
            at: [0, 100],
            service: 'front',
            kind: 'client',
            resource: { 'host.name': 'a' },
            children: [
              [
                'GET /b',
                {
                  at: [-80, -20],
                  service: 'back',
                  kind: 'server',
                  resource: { 'host.name': 'b' },
                  status: 'error',
                  events: [exception('no')],
                },
              ],
            ],
          },
        ],
      ],
      { traceId: shopTraceId(500) },
    )
    const orphan = traceOf([['lost child', { at: [5, 9] }]], { traceId: shopTraceId(500), firstId: 50 })
    app.store.add([...skewed, ...orphan.map((span) => ({ ...span, parentSpanId: '9662bff0aabbccdd' }))])
    const page = await open(shopTraceId(500))
    expect((await names(page)).map((name) => name.trim())).toContain('parent 9662bff0… never arrived')
    expect(await page.locator('.skew').innerText()).toMatch(/The clock of back is .* early against front/)
    await page.keyboard.press('r')
    await page.getByRole('button', { name: 'Raw times', pressed: true }).waitFor()
  })

  test('offers the other reading of the path where timing cannot tell which span was waited for', async () => {
    const atOnce = traceOf(
      [
        [
          'GET /both',
          {
            at: [0, 100],
            children: [
              ['ask a', { at: [10, 60] }],
              ['ask b', { at: [20, 55] }],
              ['then', { at: [50, 100] }],
            ],
          },
        ],
      ],
      { traceId: shopTraceId(502) },
    )
    app.store.add(atOnce)
    const page = await open(shopTraceId(502))
    const pathOf = (name: string): Promise<number> =>
      page.locator('.span-row', { hasText: name }).locator('.path').count()
    expect(await pathOf('ask b')).toBe(0)
    await page.getByRole('button', { name: 'Other reading' }).click()
    await page.getByRole('button', { name: 'Other reading', pressed: true }).waitFor()
    expect(await pathOf('ask b')).toBe(1)
    await page.keyboard.press('o')
    expect(await pathOf('ask b')).toBe(0)
  })

  test('shows who links to a span, and leads there and back', async () => {
    const [producer] = app.store.spansOf(CHECKOUT)
    if (!producer) throw new Error('no root')
    const link = { traceId: CHECKOUT, spanId: producer.spanId, attributes: {} }
    const taken = traceOf([['take order', { at: [0, 5], service: 'worker', kind: 'consumer' }]], {
      traceId: shopTraceId(501),
    })
    app.store.add(taken.map((span) => ({ ...span, links: [link] })))
    const page = await open(CHECKOUT, `?s=${producer.spanId}`)
    await page.locator('.span-row.chosen .mark', { hasText: '↩1' }).waitFor()
    await page.locator('.details', { hasText: /linked by 1 span/i }).waitFor()
    await page.getByRole('link', { name: 'worker take order' }).click()
    await page.waitForURL(new RegExp(`/t/${shopTraceId(501)}\\?s=${taken[0]?.spanId ?? ''}`))
    await page.locator('.details', { hasText: /1 link/i }).waitFor()
    await page.getByRole('link', { name: `span ${producer.spanId}` }).click()
    await page.waitForURL(new RegExp(`/t/${CHECKOUT}`))
    await page.locator('.span-row.chosen', { hasText: 'POST /checkout' }).waitFor()
  })

  test('of 10,000 spans has only the rows in sight in the document, and fetches what is asked for', async () => {
    const wide = shopTraceId(9999)
    app.store.add(wideTrace(10_000))
    const page = await browser.open(app.url)
    // Its first rows are there before the rest of it has arrived, and keys wait for that.
    const released = Promise.withResolvers<undefined>()
    await page.route(`**/api/traces/${wide}`, async (route) => {
      await released.promise
      await route.continue()
    })
    await page.locator('.trace-row', { hasText: 'GET /report' }).locator('a').first().click()
    await page.locator('.span-row .label').first().waitFor()
    expect(await page.locator('.trace-head').innerText()).toMatch(/10\s000 spans/)
    const early = await names(page)
    await page.keyboard.press('Home')
    expect(await page.locator('.span-row.chosen').count()).toBe(0)
    released.resolve(undefined)
    await page.locator('.span-row.chosen').waitFor()
    await page.locator('.minimap canvas').waitFor()
    expect((await names(page)).slice(0, 20)).toEqual(early.slice(0, 20))
    const grid = page.getByRole('treegrid', { name: 'Spans' })
    expect(Number(await grid.getAttribute('aria-rowcount'))).toBeGreaterThan(9000)
    expect(await page.locator('.span-row').count()).toBeLessThan(80)
    await page.keyboard.press('End')
    await page.locator('.span-row.chosen', { hasText: 'query 7' }).waitFor()
    await page.locator('.details', { hasText: 'SELECT 7 FROM table_999' }).waitFor()
    // By an attribute, which the page does not have.
    await page.keyboard.press('/')
    await page.keyboard.type('db.query.text~table_500')
    await page.keyboard.press('Enter')
    await page.locator('.hits', { hasText: '9 hits' }).waitFor()
    await page.keyboard.press('n')
    await page.locator('.details', { hasText: 'FROM table_500' }).waitFor()
  })

  test('is one column at 375 pixels, with nothing cut at the side and its details below', async () => {
    const page = await open(DECLINED, '', { width: 375 })
    const overflow = (): Promise<number> =>
      page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    expect(await overflow()).toBe(0)
    await page.locator('.span-row', { hasText: 'charge card' }).click()
    await page.locator('.details', { hasText: 'card declined' }).waitFor()
    expect(await overflow()).toBe(0)
    const box = await page.locator('.details').boundingBox()
    expect([box?.x, box?.width]).toEqual([0, 375])
    await page.getByRole('button', { name: 'Close the details' }).click()
    await page.getByRole('link', { name: 'Back to the traces' }).click()
    await page.locator('.trace-row', { hasText: '/orders' }).first().waitFor()
    expect(await overflow()).toBe(0)
    for (const name of ['Views and tools', /Findings/, /Latency/]) {
      const target = await page.getByRole('button', { name }).boundingBox()
      expect(target?.height).toBeGreaterThanOrEqual(44)
    }
  })
})
