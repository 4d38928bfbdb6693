// Writes sbom.cdx.json, a CycloneDX list of what the package installs and of what its own files contain: the dependencies, and the
// development dependencies that are bundled. By `npm sbom`, when the package is packed.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'

/** In dist, by way of the build, and no dependency. */
const BUNDLED = ['@dagrejs/dagre', '@grpc/grpc-js', '@preact/signals', 'preact', 'redos-detector', 'regjsparser']

const own = JSON.parse(readFileSync('package.json', 'utf8'))
// All of it: npm 11 leaves out everything with `--omit dev`. What counts is found by going through the graph.
const output = execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'library'], {
  encoding: 'utf8',
  maxBuffer: 2 ** 28,
  shell: process.platform === 'win32',
})
const all = JSON.parse(output)
const root = all.metadata.component['bom-ref']
const neededBy = new Map(all.dependencies.map(({ ref, dependsOn = [] }) => [ref, dependsOn]))
const wanted = new Set([...Object.keys(own.dependencies), ...Object.keys(own.peerDependencies), ...BUNDLED])
const direct = (neededBy.get(root) ?? []).filter((ref) => wanted.has(ref.slice(0, ref.lastIndexOf('@'))))
const missing = [...wanted].filter((name) => !direct.some((ref) => ref.startsWith(`${name}@`)))
if (missing.length > 0) throw new Error(`npm lists no ${missing.join(', ')}`)

const found = new Set(direct)
for (const ref of found) for (const next of neededBy.get(ref) ?? []) found.add(next)

/** Where it was downloaded from is the builder's matter; name, version, licence and hash say what it is. */
const slim = ({ 'bom-ref': ref, type, name, group, version, purl, licenses, hashes }) => ({
  'bom-ref': ref,
  type,
  ...(group && { group }),
  name,
  version,
  purl,
  ...(licenses && { licenses }),
  ...(hashes && { hashes }),
})
const sbom = {
  bomFormat: all.bomFormat,
  specVersion: all.specVersion,
  version: all.version,
  // npm takes the folder's name.
  metadata: { component: { ...slim(all.metadata.component), name: own.name } },
  components: all.components.filter((component) => found.has(component['bom-ref'])).map(slim),
  dependencies: [
    { ref: root, dependsOn: direct },
    ...Array.from(found, (ref) => ({ ref, dependsOn: (neededBy.get(ref) ?? []).filter((next) => found.has(next)) })),
  ],
}
writeFileSync('sbom.cdx.json', `${JSON.stringify(sbom)}\n`)
