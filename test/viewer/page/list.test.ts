import { writeFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { otlpJson } from '../../../src/viewer/copy/otlp-json.js'
import { describeInBrowser } from '../helpers/browser.js'
import { startPageApp, type PageApp } from '../helpers/page-app.js'
import { shopTraceId, shopTraces } from '../helpers/shop.js'

describeInBrowser('the list of traces', (browser) => {
  let app: PageApp
  beforeEach(async () => {
    app = await startPageApp()
  })
  afterEach(async () => {
    const problems = await browser.finish()
    await app.close()
    expect(problems.filter((problem) => !problem.includes('status of 422'))).toEqual([])
  })

  const rows = (page: Page): Promise<string[]> => page.locator('.rows-space .trace-row .request').allTextContents()
  const pill = (page: Page): ReturnType<Page['locator']> => page.locator('.pill:visible')

  test('is empty at first: three lines to copy, what has knocked, and the first trace when it comes', async () => {
    app.refused.push('2 requests to /v1/traces refused: content-type text/plain')
    const page = await browser.open(app.url)
    await page.getByRole('heading', { name: 'No trace has arrived yet' }).waitFor()
    const text = await page.locator('.empty').innerText()
    expect(text).toContain('npx spanwright view -- node app.js')
    expect(text).toContain(`OTEL_EXPORTER_OTLP_ENDPOINT=${app.url}`)
    expect(text).toContain('npx spanwright doctor -- node app.js')
    expect(text).toContain('content-type text/plain')
    await page.getByRole('button', { name: 'Copy: npx spanwright view -- node app.js' }).click()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('npx spanwright view -- node app.js')
    app.store.add(shopTraces(1))
    await page.locator('.trace-row', { hasText: 'GET /orders' }).waitFor()
  })

  test('never moves under the pointer: what arrives waits, and comes in on top once the pointer has left', async () => {
    app.store.add(shopTraces(40))
    const page = await browser.open(app.url)
    await page.locator('.rows-space .trace-row').nth(4).hover()
    const idUnderPointer = (): Promise<string | undefined> =>
      page.evaluate(() => document.querySelector('.rows-space .trace-row:hover')?.id)
    const before = await idUnderPointer()
    expect(before).toMatch(/^trace-/)
    app.store.add(shopTraces(7, { firstId: 41 }))
    await pill(page).filter({ hasText: '7 new' }).waitFor()
    expect(await idUnderPointer()).toBe(before)
    await page.mouse.move(600, 20)
    await page.locator(`#trace-${shopTraceId(47)}`).waitFor()
    expect(await page.locator('.rows-space .trace-row').first().getAttribute('id')).toBe(`trace-${shopTraceId(47)}`)

    // Scrolled: the pill stays until it is pressed.
    await page.locator('#traces').evaluate((list) => {
      list.scrollTop = 200
    })
    app.store.add(shopTraces(2, { firstId: 48 }))
    await pill(page).filter({ hasText: '2 new' }).click()
    await page.locator('#traces').evaluate((list) => {
      list.scrollTop = 0
    })
    await page.locator(`#trace-${shopTraceId(49)}`).waitFor()
  })

  test('stands still while it is paused, and keeps focus and the chosen row while traces arrive', async () => {
    app.store.add(shopTraces(10))
    const page = await browser.open(app.url)
    await page.locator('.trace-row').nth(3).waitFor()
    await page.keyboard.press('p')
    app.store.add(shopTraces(3, { firstId: 11 }))
    await page.locator('.live', { hasText: 'paused (3 new)' }).waitFor()
    expect(await rows(page)).toHaveLength(10)
    await page.keyboard.press('p')
    await page.locator(`#trace-${shopTraceId(13)}`).waitFor()

    await page.locator('#traces').focus()
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    const chosen = await page.locator('#traces').getAttribute('aria-activedescendant')
    app.store.add(shopTraces(2, { firstId: 14 }))
    await pill(page).filter({ hasText: '2 new' }).waitFor()
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('traces')
    expect(await page.locator('#traces').getAttribute('aria-activedescendant')).toBe(chosen)
    expect(await page.locator('.trace-row.chosen').getAttribute('id')).toBe(chosen)
    await page.keyboard.press('Enter')
    await page.waitForURL(`**/t/${chosen?.replace('trace-', '') ?? ''}`)
    await page.keyboard.press('Escape')
    await page.waitForURL(app.url + '/')
  })

  test('is filtered by what is typed, with suggestions; a query with a mistake keeps the last good result', async () => {
    app.store.add(shopTraces(30))
    const page = await browser.open(app.url)
    await page.locator('.trace-row').nth(3).waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('serv')
    const options = page.getByRole('option')
    await options.filter({ hasText: 'service' }).first().waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.keyboard.type(':pay')
    await options.filter({ hasText: 'payments' }).waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => !document.querySelector('#traces')?.textContent.includes('/orders'))
    await page.locator('.trace-row', { hasText: 'POST /checkout' }).first().waitFor()
    expect(new Set(await rows(page))).toEqual(new Set(['storefront POST /checkouthide']))
    expect(new URL(page.url()).searchParams.get('q')).toBe('service:payments')

    const found = await rows(page)
    await page.keyboard.type(' duration>soon')
    await page.locator('#query-problem').waitFor()
    expect(await page.locator('.underline mark').textContent()).toContain('soon')
    expect(await rows(page)).toEqual(found)
    await page.getByRole('button', { name: 'Remove the filter' }).click()
    await page.locator('.trace-row', { hasText: '/orders' }).first().waitFor()

    // One click hides a route, and the address keeps it.
    await page.locator('.trace-row', { hasText: '/health' }).first().hover()
    await page.locator('.trace-row:hover .hide').click()
    await page.waitForFunction(() => !document.querySelector('.rows-space')?.textContent.includes('/health'))
    await page.reload()
    await page.locator('.trace-row', { hasText: '/orders' }).first().waitFor()
    expect((await rows(page)).some((row) => row.includes('/health'))).toBe(false)
  })

  test('is filtered by what is brushed in the charts, and sorted by its columns', async () => {
    app.store.add(shopTraces(60))
    const page = await browser.open(app.url)
    await page.locator('.trace-row').nth(3).waitFor()
    const histogram = await page.locator('.histogram svg').boundingBox()
    if (!histogram) throw new Error('no histogram')
    await page.mouse.move(histogram.x + histogram.width * 0.45, histogram.y + 20)
    await page.mouse.down()
    await page.mouse.move(histogram.x + histogram.width, histogram.y + 20, { steps: 4 })
    await page.mouse.up()
    await page.waitForURL(/trace\.duration/)
    await page.waitForFunction(() => !document.querySelector('.rows-space')?.textContent.includes('/health'))
    await page.getByRole('button', { name: 'Remove the filter' }).click()
    await page.locator('.trace-row', { hasText: '/health' }).first().waitFor()

    const scatter = await page.locator('.scatter canvas').boundingBox()
    if (!scatter) throw new Error('no scatter')
    await page.mouse.move(scatter.x + scatter.width * 0.7, scatter.y + 4)
    await page.mouse.down()
    await page.mouse.move(scatter.x + scatter.width - 4, scatter.y + 90, { steps: 4 })
    await page.mouse.up()
    await page.locator('.foot', { hasText: 'within the brush' }).waitFor()
    const shown = (await rows(page)).length
    expect(shown).toBeGreaterThan(5)
    expect(shown).toBeLessThan(30)
    await page.getByRole('button', { name: 'remove the brush' }).click()

    await page.getByRole('button', { name: 'answered' }).click()
    const times = await page.locator('.rows-space .figure').allTextContents()
    const millis = times.map((text) => Number.parseFloat(text) * (text.endsWith('µs') ? 0.001 : 1))
    expect(millis).toEqual([...millis].sort((a, b) => b - a))
  })

  test('takes in trace files, by the button and by drop, and says what is wrong with others', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'spanwright files '))
    const file = join(folder, 'shop.json')
    await writeFile(
      file,
      JSON.stringify(otlpJson(shopTraces(4)), (_key, value: unknown) =>
        typeof value === 'bigint' ? value.toString() : value,
      ),
    )
    const wrong = join(folder, 'notes.json')
    await writeFile(wrong, '{"hello": 1}')
    const page = await browser.open(app.url)
    await page.locator('input[type=file]').setInputFiles(file)
    await page.locator('.notice', { hasText: 'shop.json: 4 traces' }).waitFor()
    await page.locator('.trace-row', { hasText: 'POST /checkout' }).first().waitFor()
    expect(await page.locator('.rows-space .trace-row').count()).toBe(4)
    await page.locator('input[type=file]').setInputFiles(wrong)
    await page.locator('.notice', { hasText: 'notes.json' }).waitFor()

    // As the browser does it when files are let go over the page: all but the mouse is real.
    await page.keyboard.press('x')
    await page.locator('.empty').waitFor()
    const session = await page.context().newCDPSession(page)
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      const data = { items: [], files: [file, wrong], dragOperationsMask: 1 }
      await session.send('Input.dispatchDragEvent', { type, x: 600, y: 400, data })
    }
    await page.locator('.notice', { hasText: 'notes.json' }).waitFor()
    await page.locator('.trace-row', { hasText: 'POST /checkout' }).first().waitFor()
    expect(await page.locator('.rows-space .trace-row').count()).toBe(4)
    expect(page.url()).toBe(`${app.url}/`)
    await rm(folder, { recursive: true })
  })

  test('is cleared by x, with undo, and opens elsewhere by a link to a trace that is yet to come', async () => {
    app.store.add(shopTraces(5))
    const page = await browser.open(app.url)
    await page.locator('.trace-row').nth(3).waitFor()
    await page.keyboard.press('x')
    await page.getByRole('heading', { name: 'No trace has arrived yet' }).waitFor()
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.locator('.rows-space .trace-row').nth(4).waitFor()
    await page.goto(`${app.url}/t/${shopTraceId(77)}`)
    await page.getByRole('heading', { name: 'This trace is not here' }).waitFor()
    app.store.add(shopTraces(1, { firstId: 77 }))
    await page.locator('.span-row', { hasText: 'SELECT orders' }).waitFor()
  })

  test('shows names as text, whatever is in them', async () => {
    const evil = '<img src=x onerror=alert(1)>`${alert(2)}`<script>alert(3)</script>'
    const [first, ...others] = shopTraces(1)
    if (!first) throw new Error('no span')
    app.store.add([{ ...first, name: evil, attributes: { [evil]: evil } }, ...others])
    const page = await browser.open(app.url)
    let hasAlerted = false
    page.on('dialog', (dialog) => {
      hasAlerted = true
      void dialog.dismiss()
    })
    await page.locator('.trace-row', { hasText: '<img src=x' }).click()
    await page.locator('.span-row', { hasText: '<img src=x' }).click()
    await page.locator('.details', { hasText: '<script>alert(3)' }).waitFor()
    expect(await page.locator('main img, main script').count()).toBe(0)
    expect(hasAlerted).toBe(false)
  })
})
