import { expect, test } from 'vitest'
import { callerOfOpenTelemetry } from '../../../src/internal/runtime/source-locations.js'

const stackWith = (...frames: string[]): string =>
  ['Error: refused', ...frames.map((frame) => `    at ${frame}`)].join('\n')
const API = 'registerGlobal (/app/node_modules/@opentelemetry/api/dist/internal/global-utils.cjs:20:18)'

test.each([
  ['a function', 'start (/app/tracing.js:5:9)', '/app/tracing.js:5'],
  ['the top of a file', '/app/tracing.js:5:9', '/app/tracing.js:5'],
  ['a module', 'file:///app/with%20space/tracing.mjs:5:9', '/app/with space/tracing.mjs:5'],
  ['an async function', 'async start (file:///app/tracing.mjs:5:9)', '/app/tracing.mjs:5'],
  ['a folder with brackets', 'new Sdk (/app (copy)/sdk.js:5:9)', '/app (copy)/sdk.js:5'],
  ['Windows', 'start (C:\\app\\tracing.js:5:9)', 'C:\\app\\tracing.js:5'],
  ['another package', 'init (/app/node_modules/@sentry/node/sdk.js:5:9)', '/app/node_modules/@sentry/node/sdk.js:5'],
])('the caller of OpenTelemetry is the first frame outside of it: %s', (_which, frame, caller) => {
  const stack = stackWith(API, 'Array.map (<anonymous>)', 'run (node:internal/run:1:2)', frame, '/app/main.js:1:1')
  expect(callerOfOpenTelemetry(stack)).toBe(caller)
})

test('there is none where a stack has no other frames', () => {
  expect(callerOfOpenTelemetry(stackWith(API))).toBeUndefined()
  expect(callerOfOpenTelemetry('Error: refused')).toBeUndefined()
})
