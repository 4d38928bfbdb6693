import { describe, expect, test } from 'vitest'
import { deployFile, hasPrometheus, NEEDS_PROMETHEUS, promtool } from './prometheus-tools.js'

describe.skipIf(!hasPrometheus)(`the rules for Prometheus ${NEEDS_PROMETHEUS}`, () => {
  test('record and alert as their own tests say', () => {
    const { status, said } = promtool('test', 'rules', deployFile('prometheus/rules.test.yaml'))
    expect(status, said).toBe(0)
  })

  test('load with the example of a configuration', () => {
    const { status, said } = promtool('check', 'config', deployFile('prometheus/prometheus.yaml'))
    expect(said).toContain('SUCCESS: 7 rules found')
    expect(status, said).toBe(0)
  })
})
