import { expect, test, vi } from 'vitest'
import { connectionInWords } from '../../../../src/cli/doctor/format/format-otlp.js'
import { maskOf } from '../../../../src/cli/doctor/settings/masking.js'
import { otlpFromEnvironment } from '../../../../src/export/pipeline/otlp-settings.js'

test('hides header values wherever they turn up, as they were written, decoded, and without their scheme', () => {
  const mask = maskOf(['authorization=Bearer%20s3cr3t,x-team=payments', 'api-key=k3y%2Fk3y'])
  expect(mask('got "Bearer s3cr3t" and s3cr3t and Bearer%20s3cr3t')).toBe('got "***" and *** and ***')
  expect(mask('k3y/k3y or k3y%2Fk3y of payments')).toBe('*** or *** of ***')
})

test('hides what lets somebody in by a URL, and nothing else of it', () => {
  const mask = maskOf([])
  expect(mask('"https://ada:pw@host:4318/v1/traces?key=abc" is wrong')).toBe(
    '"https://***@host:4318/v1/traces?***" is wrong',
  )
  expect(mask('http://host/a@b and a question? yes')).toBe('http://host/a@b and a question? yes')
})

test('takes no ordinary words out of a text for a header that is short', () => {
  expect(maskOf(['x-env=a'])('a span')).toBe('a span')
})

test('names headers without their values', () => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'authorization=Bearer%20a=b, x-team = c,')
  const { headers } = connectionInWords(otlpFromEnvironment(), '')
  vi.unstubAllEnvs()
  expect(headers).toBe('authorization=***, x-team=***')
})
