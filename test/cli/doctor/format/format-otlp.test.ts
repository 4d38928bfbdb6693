import { expect, test, vi } from 'vitest'
import { connectionInWords } from '../../../../src/cli/doctor/format/format-otlp.js'
import { otlpFromEnvironment } from '../../../../src/export/pipeline/otlp-settings.js'

test('names headers without their values', () => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'authorization=Bearer%20a=b, x-team = c,')
  const { headers } = connectionInWords(otlpFromEnvironment(), '')
  vi.unstubAllEnvs()
  expect(headers).toBe('authorization=***, x-team=***')
})
