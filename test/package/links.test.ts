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

/** Of markdown and of HTML in it; code, and links to other places of the web, left out. */
function relativeLinks(text: string): string[] {
  const links = [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)|\b(?:src|srcset|href)="([^"]+)"/g)]
  return links.map(([, a, b]) => a ?? b ?? '').filter((link) => !/^(https?:|mailto:)/.test(link))
}

const withoutCode = (text: string): string => text.replace(/^```[^]*?^```/gm, '')

/** Of the headings of a page, as GitHub makes them: letters, digits, blanks as hyphens; repeated ones are numbered. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>()
  for (const [, heading = ''] of withoutCode(text).matchAll(/^#{1,6} (.+)$/gm)) {
    const shown = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    const base = shown
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-')
    let anchor = base
    for (let count = 1; anchors.has(anchor); count++) anchor = `${base}-${count}`
    anchors.add(anchor)
  }
  return anchors
}

test('every relative link of a packed page leads to a file of the package, and to a heading of it', async () => {
  const files = await packedFiles()
  expect(files).toEqual(expect.arrayContaining(['README.md', 'CHANGELOG.md', 'docs/instrumentation.md']))
  const folders = new Set(files.flatMap((file) => [posix.dirname(file), posix.dirname(posix.dirname(file))]))
  const pages = files.filter((file) => file.endsWith('.md'))
  const texts = new Map<string, string>()
  for (const page of pages) texts.set(page, await readFile(join(REPOSITORY, page), 'utf8'))
  const dead: string[] = []
  let count = 0
  for (const [page, text] of texts) {
    for (const link of relativeLinks(text)) {
      // Pictures of pages are in the repository alone: they are a fifth of the package's size.
      if (page.startsWith('docs/') && link.startsWith('images/')) continue
      count += 1
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? page : posix.join(posix.dirname(page), path).replace(/\/$/, '')
      const isThere = files.includes(target) || folders.has(target)
      const isAnchored = anchor === undefined || anchorsOf(texts.get(target) ?? '').has(decodeURIComponent(anchor))
      if (!isThere || !isAnchored) dead.push(`${page}: ${link}`)
    }
  }
  expect(dead).toEqual([])
  expect(count).toBeGreaterThan(200)
})

test('anchors are those of GitHub', () => {
  expect([...anchorsOf('# A `b`: c…\n## [Docs](a.md) & more\n## x\n## x\n')]).toEqual([
    'a-b-c',
    'docs--more',
    'x',
    'x-1',
  ])
})
