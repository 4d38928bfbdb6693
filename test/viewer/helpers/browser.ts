import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe } from 'vitest'

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
)

export interface PageSettings {
  readonly width?: number
  readonly height?: number
  readonly theme?: 'dark' | 'light'
}

export interface TestBrowser {
  /** A page of its own, which fails the test where it logs an error or asks for anything that is not of this server. */
  open(url: string, settings?: PageSettings): Promise<Page>
  /** Closes all pages, and says what went wrong on them: errors, and requests that leave the machine. */
  finish(): Promise<string[]>
}

/** Tests in Debian's Chromium. Where there is none they are skipped, and say so. */
export function describeInBrowser(name: string, tests: (browser: TestBrowser) => void): void {
  if (CHROMIUM === undefined) {
    describe.skip(`${name} (skipped: there is no Chromium in /usr/bin; apt-get install chromium)`, () => {
      tests(browserOf(() => undefined))
    })
    return
  }
  describe(name, () => {
    let browser: Browser | undefined
    beforeAll(async () => {
      // Chromium's sandbox refuses root, which containers run tests as.
      const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
      browser = await chromium.launch({ executablePath: CHROMIUM, args })
    })
    afterAll(() => browser?.close())
    tests(browserOf(() => browser))
  })
}

function browserOf(current: () => Browser | undefined): TestBrowser {
  let problems: string[] = []
  return {
    async finish() {
      for (const context of current()?.contexts() ?? []) await context.close()
      const found = problems
      problems = []
      return found
    },
    async open(url, { width = 1280, height = 800, theme = 'dark' } = {}) {
      const browser = current()
      if (!browser) throw new Error('there is no browser')
      const context = await browser.newContext({
        viewport: { width, height },
        colorScheme: theme,
        reducedMotion: 'reduce',
        permissions: ['clipboard-read', 'clipboard-write'],
        timezoneId: 'UTC',
      })
      const page = await context.newPage()
      page.on('pageerror', (error) => problems.push(error.message))
      page.on('console', (message) => {
        if (message.type() === 'error' && !message.text().includes('404')) problems.push(message.text())
      })
      page.on('request', (request) => {
        const { protocol, hostname } = new URL(request.url())
        const isHere = hostname === '127.0.0.1' || protocol === 'data:' || protocol === 'blob:'
        if (!isHere) problems.push(`asked for ${request.url()}`)
      })
      await page.goto(url)
      return page
    },
  }
}

/** Where screenshots go: a folder that is named in the environment, or one that nobody looks at. */
export async function screenshotFolder(): Promise<string> {
  const folder = process.env.SPANWRIGHT_SCREENSHOTS ?? join(tmpdir(), 'spanwright-screenshots')
  await mkdir(folder, { recursive: true })
  return folder
}
