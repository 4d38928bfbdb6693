import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { REPOSITORY } from '../helpers/traced-app.js'

interface Sbom {
  readonly bomFormat: string
  readonly components: readonly {
    readonly name: string
    readonly group?: string
    readonly licenses?: readonly object[]
  }[]
}

const read = (name: string): string => readFileSync(join(REPOSITORY, name), 'utf8')

test('the list of components has all that is installed and all that is bundled, with licences, and nothing else', () => {
  execFileSync(process.execPath, ['scripts/write-sbom.mjs'], { cwd: REPOSITORY })
  const text = read('sbom.cdx.json')
  const { bomFormat, components } = JSON.parse(text) as Sbom
  const { dependencies } = JSON.parse(read('package.json')) as { dependencies: object }
  const names = components.map(({ group, name }) => (group ? `${group}/${name}` : name))
  expect(bomFormat).toBe('CycloneDX')
  expect(names).toEqual(expect.arrayContaining(Object.keys(dependencies)))
  expect(names).toEqual(
    expect.arrayContaining(['@grpc/grpc-js', 'preact', '@dagrejs/dagre', 'redos-detector', 'regjsparser']),
  )
  expect(names.filter((name) => /vitest|eslint|typescript|^tsup$/.test(name))).toEqual([])
  expect(components.filter(({ licenses = [] }) => licenses.length === 0)).toEqual([])
  expect(/https?:\/\//.test(text)).toBe(false)
})

test('the package runs no script when it is installed', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Readonly<Record<string, string>> }
  expect(Object.keys(scripts).filter((name) => /^(pre|post)?install$|^prepare$/.test(name))).toEqual([])
})
