import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { checkQueries, deployFile, hasPrometheus, NEEDS_PROMETHEUS, promtool } from './prometheus-tools.js'

interface DataSource {
  readonly name: string
  readonly uid: string
  readonly type: string
  readonly url: string
  readonly jsonData: {
    readonly tracesToLogsV2?: { readonly datasourceUid: string; readonly query: string }
    readonly tracesToMetrics?: {
      readonly datasourceUid: string
      readonly queries: readonly { readonly query: string }[]
    }
    readonly derivedFields?: readonly { readonly datasourceUid: string }[]
    readonly exemplarTraceIdDestinations?: readonly { readonly datasourceUid: string }[]
  }
}
interface Compose {
  readonly services: Readonly<Record<string, { readonly volumes?: readonly string[] }>>
}

const read = (file: string): string => readFileSync(deployFile(file), 'utf8')
const sources = globSync('grafana/*.yaml', { cwd: deployFile('') })
  .map((file) => ({ file, ...(parse(read(file)) as { datasources?: DataSource[] }) }))
  .flatMap(({ file, datasources = [] }) => datasources.map((source) => ({ ...source, file })))
const compose = parse(read('compose/grafana.yaml')) as Compose
const bySource = (type: string): (typeof sources)[number] | undefined => sources.find((source) => source.type === type)

/** Where a file of the machine is in the container. */
function mountsOf(service: string): Map<string, string> {
  const volumes = compose.services[service]?.volumes ?? []
  return new Map(
    volumes
      .filter((volume) => volume.startsWith('.'))
      .map((volume) => [basename(volume.split(':')[0] ?? ''), volume.split(':')[1] ?? '']),
  )
}

describe('deploy/compose/grafana.yaml', () => {
  test('provisions each data source, at the name and port of its service', () => {
    expect(sources.map(({ type }) => type).toSorted()).toEqual(['loki', 'prometheus', 'tempo'])
    const mounts = mountsOf('grafana')
    for (const { file, url, type } of sources) {
      expect(mounts.get(basename(file))).toMatch(/^\/etc\/grafana\/provisioning\/datasources\/\w+\.yaml$/)
      expect(new URL(url).hostname).toBe(type)
      expect(compose.services).toHaveProperty(type)
    }
    expect(read('grafana/tempo.yaml')).toContain(`http_listen_port: ${new URL(bySource('tempo')?.url ?? '').port}`)
  })

  test('leads from a log line, a metric and a span to what the others have, by uids that there are', () => {
    const uid = (type: string): string | undefined => bySource(type)?.uid
    const { derivedFields = [] } = bySource('loki')?.jsonData ?? {}
    const { exemplarTraceIdDestinations = [] } = bySource('prometheus')?.jsonData ?? {}
    const { tracesToLogsV2, tracesToMetrics } = bySource('tempo')?.jsonData ?? {}
    for (const each of [...derivedFields, ...exemplarTraceIdDestinations]) expect(each.datasourceUid).toBe(uid('tempo'))
    expect(derivedFields.length * exemplarTraceIdDestinations.length).toBeGreaterThan(0)
    expect(tracesToLogsV2?.datasourceUid).toBe(uid('loki'))
    expect(tracesToMetrics?.datasourceUid).toBe(uid('prometheus'))
  })

  test('has every dollar sign of a query twice, since Grafana reads one as a variable of the environment', () => {
    for (const { file } of sources) expect(read(file).match(/(?<!\$)\$(?!\$)/g), file).toBeNull()
  })

  test.skipIf(!hasPrometheus)(
    `has queries from a span to metrics that Prometheus can parse ${NEEDS_PROMETHEUS}`,
    () => {
      const queries = bySource('tempo')?.jsonData.tracesToMetrics?.queries.map(({ query }) =>
        query.replaceAll('$$__tags', 'service_name="shop"'),
      )
      const { status, said } = checkQueries(queries ?? [])
      expect(status, said).toBe(0)
      expect(said).toContain('SUCCESS: 3 rules found')
    },
  )

  test('has every dashboard where its provider looks for it', () => {
    const { providers } = parse(read('grafana/dashboards.yaml')) as { providers: { options: { path: string } }[] }
    const mounts = mountsOf('grafana')
    for (const file of globSync('*.json', { cwd: deployFile('grafana') }))
      expect(mounts.get(file)).toBe(join(providers[0]?.options.path ?? '', file))
  })

  test.skipIf(!hasPrometheus)(`has a configuration of Prometheus that promtool accepts ${NEEDS_PROMETHEUS}`, () => {
    const { status, said } = promtool('check', 'config', deployFile('prometheus/scrape-collector.yaml'))
    expect(status, said).toBe(0)
    const mounts = mountsOf('prometheus')
    // The rules are looked for beside the configuration.
    expect(mounts.get('rules.yaml')?.replace('rules.yaml', '')).toBe(
      mounts.get('scrape-collector.yaml')?.replace('scrape-collector.yaml', ''),
    )
  })
})
