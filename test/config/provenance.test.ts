import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { TracingOptions } from '../../src/config/options.js'
import { ignoredVariables, settingsWithSources, type Said } from '../../src/config/provenance.js'
import { REPOSITORY } from '../helpers/traced-app.js'

const said = (parts: Partial<Said>): Said => ({ settled: {}, options: {}, environment: {}, warnings: [], ...parts })

function sourceOf(name: string, parts: Partial<Said>): string | undefined {
  const settled = { [name]: 'a value' }
  return settingsWithSources(said({ settled, ...parts })).find((setting) => setting.name === name)?.source
}

describe('the source of a setting is', () => {
  test.each<[string, string, Partial<Said>]>([
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

test('every variable of docs/configuration.md is known, and a misspelt one is not', () => {
  const text = readFileSync(join(REPOSITORY, 'docs/configuration.md'), 'utf8')
  const names = text.split('\n').flatMap((line) => /^\| `((?:OTEL|SPANWRIGHT)_\w+)`/.exec(line)?.[1] ?? [])
  expect(names.length).toBeGreaterThan(30)
  const environment = Object.fromEntries([...names, 'OTEL_TRACE_SAMPLER'].map((name) => [name, 'x']))
  delete environment.OTEL_CONFIG_FILE
  const misspelt = ignoredVariables(said({ environment })).filter(({ why }) => why.includes('misspelt'))
  expect(misspelt.map(({ name }) => name)).toEqual(['OTEL_TRACE_SAMPLER'])
})

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
    const sources = settingsWithSources(said({ options: { [key]: 'given' } })).map(({ source }) => source)
    expect(sources).toContain(`startTracing({ ${option} })`)
  }
})
