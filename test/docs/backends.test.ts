import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { collectorConfigArguments } from '../../src/cli/collector-config/arguments.js'
import { otlpFromEnvironment } from '../../src/export/pipeline/otlp-settings.js'
import { REPOSITORY } from '../helpers/traced-app.js'

const read = (file: string): string => readFileSync(join(REPOSITORY, file), 'utf8')
const page = read('docs/backends.md')
const blocks = [...page.matchAll(/^```sh\n([^]*?)^```$/gm)].flatMap(([, block = '']) => block.split('\n\n'))
const variables = blocks.map((block) => parseEnv(block.replaceAll(/^(?![A-Z_]+=).*$/gm, '')) as Record<string, string>)
const programs = parseEnv(read('scripts/backends/programs.env'))

describe('docs/backends.md', () => {
  afterEach(() => vi.unstubAllEnvs())

  test.each(variables.filter((env) => Object.keys(env).some((name) => /OTLP.*ENDPOINT$/.test(name))))(
    'has variables that the SDK takes as they are meant: %j',
    (env) => {
      for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
      const said = vi.spyOn(console, 'error').mockImplementation(() => undefined)
      const signals = { TRACES: 'traces', METRICS: 'metrics', LOGS: 'logs' } as const
      for (const [variable, signal] of Object.entries(signals)) {
        const base = env.OTEL_EXPORTER_OTLP_ENDPOINT && `${env.OTEL_EXPORTER_OTLP_ENDPOINT}/v1/${signal}`
        const expected = env[`OTEL_EXPORTER_OTLP_${variable}_ENDPOINT`] ?? base
        if (expected === undefined) continue
        const { protocol, connection } = otlpFromEnvironment(signal)
        expect([protocol, connection.url]).toEqual(['http/protobuf', expected])
        expect(new URL(connection.url).pathname).toMatch(new RegExp(`/v1/${signal}$`))
        const headers = Object.entries(connection.headers)
        expect(headers).toHaveLength((env.OTEL_EXPORTER_OTLP_HEADERS ?? '').split(',').filter(Boolean).length)
        for (const [, value] of headers) expect(value).toMatch(/^((Basic|Bearer|ApiKey|Api-Token) )?[A-Z\d]+$/)
      }
      expect(said).not.toHaveBeenCalled()
    },
  )

  test('has commands of collector-config that are accepted, and files that exist', () => {
    const commands = [...page.matchAll(/spanwright collector-config ([^`>]+?)\s*(?:`|>)/g)].map(([, args = '']) => args)
    expect(commands.length).toBeGreaterThan(3)
    for (const args of commands) expect(() => collectorConfigArguments(args.split(/\s+/)), args).not.toThrow()
    for (const [, file = ''] of page.matchAll(/(?:-f |-d @)(\S+)/g))
      expect(existsSync(join(REPOSITORY, file)), file).toBe(true)
  })

  test('says with which version each program was last run: the one that the tests bring', () => {
    const table = page.slice(page.indexOf('## What was run'))
    const versions = Object.values(programs).map((path = '') => /-(\d[\d.]*\d)/.exec(path)?.[1] ?? path)
    expect(versions.length).toBeGreaterThan(8)
    expect(versions.filter((version) => !table.includes(version))).toEqual([])
  })
})
