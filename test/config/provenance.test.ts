import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { OPTIONS, type TracingOptions } from '../../src/config/options.js'
import { ignoredVariables, settingsWithSources, type Sources } from '../../src/config/provenance.js'
import type { AnyTable } from '../../src/internal/checks/option-table.js'
import { REPOSITORY } from '../helpers/traced-app.js'

const sources = (parts: Partial<Sources>): Sources => ({
  settled: {},
  options: {},
  environment: {},
  warnings: [],
  ...parts,
})

function sourceOf(name: string, parts: Partial<Sources>): string | undefined {
  const settled = { [name]: 'a value' }
  return settingsWithSources(sources({ settled, ...parts })).find((setting) => setting.name === name)?.source
}

describe('the source of a setting is', () => {
  test.each<[string, string, Partial<Sources>]>([
    ['startTracing({ sampler })', 'sampler', { options: { sampler: 'x' }, environment: { OTEL_TRACES_SAMPLER: 'y' } }],
    ['startTracing({ batch })', 'batch.maxQueueSize', { options: { 'batch.maxQueueSize': '5' } }],
    ['OTEL_CONFIG_FILE', 'sampler', { environment: { OTEL_CONFIG_FILE: 'a', OTEL_TRACES_SAMPLER: 'y' } }],
    ['default', 'batch.exportThread', { environment: { OTEL_CONFIG_FILE: 'a', SPANWRIGHT_EXPORT_THREAD: 'off' } }],
    ['OTEL_TRACES_SAMPLER', 'sampler', { environment: { OTEL_TRACES_SAMPLER: 'y' } }],
    ['default', 'sampler', { environment: { OTEL_TRACES_SAMPLER: ' ' } }],
    [
      'OTEL_ATTRIBUTE_COUNT_LIMIT',
      'spanLimits.attributeCountLimit',
      {
        environment: { OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: 'many', OTEL_ATTRIBUTE_COUNT_LIMIT: '5' },
        warnings: ['OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT must be an integer, got "many"; the default is used'],
      },
    ],
    ['OTEL_RESOURCE_ATTRIBUTES', 'service.name', { environment: { OTEL_RESOURCE_ATTRIBUTES: 'service.name=a' } }],
    ['default', 'service.name', { environment: { OTEL_RESOURCE_ATTRIBUTES: 'service.version=1' } }],
    [
      'default',
      'propagators',
      {
        environment: { OTEL_PROPAGATORS: 'pigeon' },
        warnings: ['OTEL_PROPAGATORS: there is no "pigeon"; it is left out'],
      },
    ],
  ])('%s for %s, with %j', (source, name, parts) => {
    expect(sourceOf(name, parts)).toBe(source)
  })
})

test('a misspelt variable is named', () => {
  const environment = { OTEL_TRACES_SAMPLER: 'x', OTEL_TRACE_SAMPLER: 'x' }
  const misspelt = ignoredVariables(sources({ environment })).filter(({ why }) => why.includes('misspelt'))
  expect(misspelt.map(({ name }) => name)).toEqual(['OTEL_TRACE_SAMPLER'])
})

describe('docs/configuration.md', () => {
  /** Rows of the first table: names in backticks, and what stands in the column of defaults. */
  const rows = readFileSync(join(REPOSITORY, 'docs/configuration.md'), 'utf8')
    .split('\n')
    .filter((line) => /^\| `(OTEL|SPANWRIGHT)_/.test(line))
    .map((line) => line.split('|'))
    .map(([, names = '', text = '']) => ({
      names: [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
      text,
    }))
  const rowOf = (variable: string): (typeof rows)[number] | undefined =>
    // `OTEL_A_B`, `…_C` stands for OTEL_A_C.
    rows.find(({ names }) => names.some((name) => name === variable)) ??
    rows.find(({ names: [first = '', ...others] }) =>
      others.some((name) => name.startsWith('…_') && isShortFor(name.slice(1), first, variable)),
    )
  const isShortFor = (end: string, first: string, variable: string): boolean =>
    variable.endsWith(end) && variable.startsWith(first.split('_').slice(0, 3).join('_'))

  test('has no variable that is unknown', () => {
    const names = rows.flatMap((row) => row.names).filter((name) => /^(OTEL|SPANWRIGHT)_/.test(name))
    expect(names.length).toBeGreaterThan(40)
    const environment = Object.fromEntries(names.map((name) => [name, 'x']))
    delete environment.OTEL_CONFIG_FILE
    expect(ignoredVariables(sources({ environment })).filter(({ why }) => why.includes('misspelt'))).toEqual([])
  })

  test.each(optionsWithVariables())('has %s, with the default of %s', (variable, name, value) => {
    const row = rowOf(variable)
    expect(row, variable).toBeDefined()
    if (typeof value === 'number' && value !== Infinity)
      expect(row?.text, name).toContain(value.toLocaleString('en-US'))
    if (value === Infinity) expect(row?.text, name).toContain('no limit')
    if (Array.isArray(value) && value.length === 0) expect(row?.text, name).toMatch(/^\s*none/)
  })
})

/** Of the table of options: variable, name of the option, default. */
function optionsWithVariables(): [string, string, unknown][] {
  const walk = (table: AnyTable, prefix: string): [string, string, unknown][] =>
    Object.entries(table).flatMap(([key, row]): [string, string, unknown][] => {
      const name = `${prefix}${key}`
      if (row.table) return walk(row.table, `${name}.`)
      return (row.variables ?? []).map((variable) => [variable, name, row.default])
    })
  return walk(OPTIONS, '')
}

test('every option of startTracing that is given is the source of a setting', () => {
  const options: Readonly<Record<keyof TracingOptions, string>> = {
    serviceName: 'serviceName',
    serviceVersion: 'serviceVersion',
    environment: 'environment',
    resourceAttributes: 'resourceAttributes.service.name',
    sampler: 'sampler',
    traceExporter: 'traceExporter',
    spanProcessors: 'spanProcessors',
    batch: 'batch.maxQueueSize',
    propagators: 'propagators',
    instrumentations: 'instrumentations',
    instrumentationConfig: 'instrumentationConfig',
    spanMetrics: 'spanMetrics',
    spanLimits: 'spanLimits.eventCountLimit',
    logFormat: 'logFormat',
    force: 'force',
    codeLocation: 'codeLocation',
    debugSpans: 'debugSpans',
    querySanitization: 'querySanitization',
    redact: 'redact',
    shutdownTimeoutMillis: 'shutdownTimeoutMillis',
    ignorePaths: 'ignorePaths',
    ignoreOutgoingHosts: 'ignoreOutgoingHosts',
    captureHeaders: 'captureHeaders.server.request',
    propagationTargets: 'propagationTargets',
    trustIncoming: 'trustIncoming',
    traceResponseHeaders: 'traceResponseHeaders',
    baggageAttributes: 'baggageAttributes',
  }
  for (const [option, key] of Object.entries(options)) {
    const found = settingsWithSources(sources({ options: { [key]: 'given' } })).map(({ source }) => source)
    expect(found).toContain(`startTracing({ ${option} })`)
  }
})
