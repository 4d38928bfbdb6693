import { existsSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { REPOSITORY } from '../helpers/traced-app.js'
import { describeInBrowser, screenshotFolder } from '../viewer/helpers/browser.js'

const SITE = join(REPOSITORY, 'site/dist')
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
}

/** One of each kind: a long one, one with code, with pictures, with wide tables, with formulas. */
const PAGES = {
  home: '/',
  'getting-started': '/docs/getting-started/',
  concepts: '/docs/concepts.html',
  options: '/docs/reference/options.html',
  sampler: '/docs/sampling/rate-limiting.html',
  contributing: '/CONTRIBUTING.html',
  api: '/api/functions/withSpan.html',
}

if (existsSync(SITE)) describeInBrowser('the site', siteTests)
else describe.skip('the site (skipped: it is not built; npm run site)', () => test('is there', () => undefined))

function siteTests(browser: Parameters<Parameters<typeof describeInBrowser>[1]>[0]): void {
  let server: Server
  let url: string
  let folder: string
  beforeAll(async () => {
    folder = await screenshotFolder()
    server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://site')
      const file = join(SITE, pathname.endsWith('/') ? `${pathname}index.html` : pathname)
      const isThere = existsSync(file)
      response.writeHead(isThere ? 200 : 404, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' })
      response.end(isThere ? readFileSync(file) : undefined)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => new Promise((resolve) => server.close(resolve)))

  test.each(['light', 'dark'] as const)(
    'has nothing that axe finds, and fits, in the %s theme',
    async (theme) => {
      const found: string[] = []
      for (const width of [1280, 375]) {
        const page = await browser.open(`${url}/`, { width, theme })
        for (const [name, path] of Object.entries(PAGES)) {
          await page.goto(`${url}${path}`)
          await page.locator('main h1').first().waitFor()
          await page.screenshot({ path: join(folder, `site-${name}-${theme}-${width}.png`) })
          for (const violation of await axe(page)) found.push(`${name} ${width}: ${violation}`)
          const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth')
          if (overflow > 0) found.push(`${name}: ${overflow} pixels too wide`)
        }
      }
      expect(found).toEqual([])
      expect(await browser.finish()).toEqual([])
    },
    240_000,
  )

  test('finds a page by a word of it', async () => {
    const page = await browser.open(`${url}/`, {})
    await page
      .getByRole('button', { name: /search/i })
      .first()
      .click()
    await page.keyboard.type('errorBiasedSampler')
    await page
      .locator('.result', { hasText: /sampling/i })
      .first()
      .waitFor()
    expect(await browser.finish()).toEqual([])
  }, 60_000)

  test('has an anchor for a link to a heading', async () => {
    const page = await browser.open(`${url}/docs/production.html`, {})
    await page.locator('main a', { hasText: 'SpansDropped' }).click()
    await page.locator('h3#alerts').waitFor()
    expect(new URL(page.url()).pathname).toBe('/deploy/')
    expect(await browser.finish()).toEqual([])
  }, 60_000)
}

async function axe(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  const { violations } = await page.evaluate<AxeResults>('globalThis.axe.run()')
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${String(target)}: ${failureSummary ?? ''}`),
  )
}
