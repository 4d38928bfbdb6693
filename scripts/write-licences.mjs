// Writes which packages the files in dist have code of: dist/THIRD-PARTY-LICENSES.txt with their licences, for people, and
// dist/sbom.cdx.json (CycloneDX 1.6), for tools. esbuild names the file that each part comes from.
import { globSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Of the page, whose files are minified. */
const IN_THE_PAGE = ['preact', '@preact/signals', '@preact/signals-core', '@dagrejs/dagre', '@dagrejs/graphlib']
const SOURCE = /^\s*\/\/ (node_modules\/(?:.*\/node_modules\/)?(?:@[^/\n]+\/)?[^/\n]+)\//gm

const bundled = globSync('dist/**/*.cjs').flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(SOURCE)].map(([, folder]) => folder),
)
const folders = [...new Set([...bundled, ...IN_THE_PAGE.map((name) => `node_modules/${name}`)])].sort()
const packages = folders.map((folder) => {
  const { name, version, license, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find((entry) => /^(licen[sc]e|copying)(\.|$)/i.test(entry))
  if (typeof license !== 'string') throw new Error(`${folder} names no licence: look at it`)
  // One has its licence in its manifest alone.
  const text = file
    ? readFileSync(join(folder, file), 'utf8').trim()
    : `Licence ${license}, by ${author?.name ?? author}`
  return { name, version, license, text }
})

const byText = Map.groupBy(packages, ({ text }) => text)
const sections = [...byText].map(([text, sharing]) => {
  const names = sharing.map(({ name, version, license }) => `${name} ${version} (${license})`)
  return `${names.join('\n')}\n\n${text}`
})
const line = `\n\n${'-'.repeat(80)}\n\n`
writeFileSync(
  'dist/THIRD-PARTY-LICENSES.txt',
  `${['The files in dist have code of these packages.', ...sections].join(line)}\n`,
)

const { name, version, license } = JSON.parse(readFileSync('package.json', 'utf8'))
const component = (of) => ({
  type: 'library',
  'bom-ref': `pkg:npm/${of.name.replace('@', '%40')}@${of.version}`,
  name: of.name,
  version: of.version,
  licenses: [{ license: { id: of.license } }],
  purl: `pkg:npm/${of.name.replace('@', '%40')}@${of.version}`,
})
const sbom = {
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  version: 1,
  metadata: { component: component({ name, version, license }) },
  components: packages.map(component),
}
writeFileSync('dist/sbom.cdx.json', `${JSON.stringify(sbom, null, 1)}\n`)
