import { exec } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { delimiter, dirname, join, posix } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { REPOSITORY } from '../helpers/traced-app.js'

/** What npm would publish. */
async function packedFiles(): Promise<string[]> {
  const env = { ...process.env, PATH: [dirname(process.execPath), process.env.PATH].join(delimiter) }
  const { stdout } = await promisify(exec)('npm pack --dry-run --json --ignore-scripts', { cwd: REPOSITORY, env })
  const packed = Object.values(JSON.parse(stdout) as Record<string, { files: { path: string }[] }>)
  return packed.flatMap(({ files }) => files.map(({ path }) => path))
}

/** Of markdown and of HTML in it; those to other places of the web, and within the page, left out. */
function relativeLinks(text: string): string[] {
  const links = [...text.matchAll(/\]\(([^)\s]+)\)|\b(?:src|srcset|href)="([^"]+)"/g)].map(([, a, b]) => a ?? b ?? '')
  return links.filter((link) => !/^(https?:|mailto:|#)/.test(link)).map((link) => link.replace(/#.*$/, ''))
}

test('every relative link of README and docs leads to a file of the published package', async () => {
  const files = await packedFiles()
  expect(files).toEqual(expect.arrayContaining(['README.md', 'CHANGELOG.md', 'docs/instrumentation.md']))
  const folders = new Set(files.flatMap((file) => [posix.dirname(file), posix.dirname(posix.dirname(file))]))
  const pages = files.filter((file) => file.endsWith('.md'))
  const dead: string[] = []
  let count = 0
  for (const page of pages) {
    for (const link of relativeLinks(await readFile(join(REPOSITORY, page), 'utf8'))) {
      // Pictures of pages are in the repository alone: they are a fifth of the package's size.
      if (page.startsWith('docs/') && link.startsWith('images/')) continue
      count += 1
      const target = posix.join(posix.dirname(page), link).replace(/\/$/, '')
      if (!files.includes(target) && !folders.has(target)) dead.push(`${page}: ${link}`)
    }
  }
  expect(dead).toEqual([])
  expect(count).toBeGreaterThan(50)
})
