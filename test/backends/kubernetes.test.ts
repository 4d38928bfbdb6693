import { spawnSync } from 'node:child_process'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { deployFile } from '../deploy/prometheus-tools.js'
import { temporaryFolder } from './collector.js'
import { has, needs, programPath } from './programs.js'

const FOLDER = deployFile('kubernetes')
const FILES = globSync('*.yaml', { cwd: FOLDER }).filter((file) =>
  /^kind: (?!Kustomization)/m.test(readFileSync(join(FOLDER, file), 'utf8')),
)

describe.skipIf(!has('kubernetes'))(`deploy/kubernetes, by the published schemas ${needs('kubernetes')}`, () => {
  test.each(FILES)('%s is valid, without a key that Kubernetes does not know', async (file) => {
    await using folder = await temporaryFolder('kubernetes')
    const text = readFileSync(join(FOLDER, file), 'utf8')
    expect(validated(folder.path, text)).toEqual({ status: 0, said: '' })
  })

  test('and a misspelt key would be found', async () => {
    await using folder = await temporaryFolder('kubernetes')
    const text = readFileSync(join(FOLDER, 'gateway.yaml'), 'utf8').replace('readinessProbe', 'readynessProbe')
    expect(validated(folder.path, text)).toMatchObject({
      status: 1,
      said: expect.stringContaining('readynessProbe') as string,
    })
  })
})

/** It takes a file for each resource. */
function validated(folder: string, text: string): { status: number | null; said: string } {
  const files = parseAllDocuments(text).map((document, index) => {
    const file = join(folder, `${index}.json`)
    writeFileSync(file, JSON.stringify(document.toJS()))
    return file
  })
  const options = { encoding: 'utf8' } as const
  const { status, stdout, stderr } = spawnSync(
    programPath('kubernetes'),
    ['--strict', '--no-warn', '--quiet', ...files],
    options,
  )
  return { status, said: stdout + stderr }
}
