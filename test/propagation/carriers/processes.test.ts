import { trace } from '@opentelemetry/api'
import { execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { extractTraceContext } from '../../../src/propagation/extract-trace-context.js'
import { injectTraceContext } from '../../../src/propagation/inject-trace-context.js'
import {
  ALL_OF_IT,
  BAGGAGE,
  SENDER,
  TRACEPARENT,
  TRACESTATE,
  TRACE_ID,
  travelled,
  useW3cPropagation,
} from './w3c-propagation.js'

useW3cPropagation()

const CHILD = fileURLToPath(new URL('./fixtures/child.ts', import.meta.url))
const WORKER = new URL('./fixtures/worker.ts', import.meta.url)
const TYPESCRIPT = ['--import', 'tsx']

test('a process that was spawned with it reads its environment', async () => {
  const env = injectTraceContext({ ...process.env }, { context: SENDER })
  const { stdout } = await promisify(execFile)(process.execPath, [...TYPESCRIPT, CHILD], { env })
  expect(JSON.parse(stdout)).toEqual({ TRACEPARENT, ...ALL_OF_IT })
  expect(process.env).not.toHaveProperty('TRACEPARENT')
})

test('a process that was forked with it reads its environment', async () => {
  const env = injectTraceContext({ ...process.env }, { context: SENDER })
  const child = fork(CHILD, { env, execArgv: TYPESCRIPT, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  let stdout = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  await once(child, 'close')
  expect(JSON.parse(stdout)).toEqual({ TRACEPARENT, ...ALL_OF_IT })
})

test('a worker reads it from a message', async () => {
  const worker = new Worker(WORKER, { execArgv: TYPESCRIPT })
  worker.postMessage({
    ...injectTraceContext(undefined, { context: SENDER }),
    trace: injectTraceContext(undefined, { context: SENDER }),
  })
  expect(await once(worker, 'message')).toEqual([[ALL_OF_IT, ALL_OF_IT]])
  await once(worker, 'exit')
})

test('an environment is known by PATH, or by names in upper case', () => {
  const variables = { TRACEPARENT, TRACESTATE, BAGGAGE }
  for (const env of [{ PATH: '/bin', npm_config_user_agent: 'npm' }, { Path: 'C:\\Windows' }, { NODE_ENV: 'test' }]) {
    expect(injectTraceContext({ ...env }, { context: SENDER })).toEqual({ ...env, ...variables })
  }
  expect(injectTraceContext({}, { as: 'env', context: SENDER })).toEqual(variables)
  expect(injectTraceContext(undefined, { as: 'env', context: SENDER })).toEqual(variables)
})

test('process.env itself is changed only where it was handed in', () => {
  try {
    expect(injectTraceContext(process.env, { context: SENDER })).toBe(process.env)
    expect(process.env.TRACEPARENT).toBe(TRACEPARENT)
    expect(travelled(extractTraceContext(process.env))).toEqual(ALL_OF_IT)
  } finally {
    for (const name of ['TRACEPARENT', 'TRACESTATE', 'BAGGAGE']) Reflect.deleteProperty(process.env, name)
  }
})

test('a variable in another case is read, and replaced by the one in upper case', () => {
  const env = { PATH: '/bin', Traceparent: TRACEPARENT }
  expect(trace.getSpanContext(extractTraceContext(env))?.traceId).toBe(TRACE_ID)
  expect(Object.keys(injectTraceContext(env, { context: SENDER }))).toEqual([
    'PATH',
    'TRACEPARENT',
    'TRACESTATE',
    'BAGGAGE',
  ])
})
