import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { expect, test } from 'tstyche'
import {
  findings,
  type Finding,
  type FindingConfidence,
  type FindingLevel,
  type SpanCollection,
} from '../../src/index.js'

declare const collected: SpanCollection
declare const finding: Finding

test('findings take what collectSpans collects, and any list of ended spans', () => {
  expect(findings(collected)).type.toBe<Finding[]>()
  expect(findings).type.toBeCallableWith([] as readonly ReadableSpan[])
  expect(findings).type.not.toBeCallableWith([{ name: 'not a span' }])
})

test('a finding is for reading', () => {
  expect(finding.level).type.toBe<FindingLevel>()
  expect(finding.confidence).type.toBe<FindingConfidence>()
  expect(finding.advice).type.toBe<string | undefined>()
  expect<Finding>().type.not.toBeAssignableFrom<Omit<Finding, 'sentence'>>()
})
