import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ReceivedLog } from '../../../src/viewer/model/received-span.js'
import { LogFile } from '../../../src/viewer/receive/follow-log.js'
import { logInLine } from '../../../src/viewer/receive/log-lines.js'
import { SPAN_ID, TRACE_ID } from './encoded.js'

const MICROS = 1_730_291_048_681_000

describe('a line of a log', () => {
  test.each([
    ['pino', { level: 50, time: 1730291048681, name: 'orders', msg: 'declined', trace_id: TRACE_ID, span_id: SPAN_ID }],
    [
      'winston',
      {
        level: 'error',
        timestamp: '2024-10-30T12:24:08.681Z',
        message: 'declined',
        service: 'orders',
        trace_id: TRACE_ID,
        span_id: SPAN_ID,
      },
    ],
    [
      'ECS',
      {
        'log.level': 'error',
        '@timestamp': '2024-10-30T12:24:08.681Z',
        message: 'declined',
        'service.name': 'orders',
        'trace.id': TRACE_ID,
        'span.id': SPAN_ID,
      },
    ],
    [
      'Google Cloud',
      {
        severity: 'ERROR',
        time: '2024-10-30T12:24:08.681Z',
        message: 'declined',
        service: { name: 'orders' },
        'logging.googleapis.com/trace': `projects/shop/traces/${TRACE_ID}`,
        'logging.googleapis.com/spanId': SPAN_ID,
      },
    ],
    [
      'seconds, and ids in capitals',
      {
        level: 'error',
        ts: 1730291048.681,
        msg: 'declined',
        service: 'orders',
        traceId: TRACE_ID.toUpperCase(),
        spanId: SPAN_ID.toUpperCase(),
      },
    ],
  ])('is read as its logger writes it: %s', (_logger, line) => {
    expect(logInLine(JSON.stringify({ ...line, 'order.id': 42 }))).toMatchObject({
      traceId: TRACE_ID,
      spanId: SPAN_ID,
      timeMicros: MICROS,
      severity: 'ERROR',
      body: 'declined',
      attributes: { 'order.id': 42 },
      resource: { service: 'orders' },
    })
  })

  test('may be text that has the ids in it', () => {
    const line = `2024-10-30T12:24:08.681Z WARN declined trace_id=${TRACE_ID} span_id=${SPAN_ID}`
    expect(logInLine(line)).toMatchObject({
      traceId: TRACE_ID,
      spanId: SPAN_ID,
      timeMicros: MICROS,
      severity: 'WARN',
      body: line,
    })
  })

  test.each([
    ['no JSON', 'Server listening on 3000'],
    ['no trace', '{"msg":"hello"}'],
    ['a trace id that is none', '{"msg":"hello","trace_id":"abc"}'],
    ['cut JSON', '{"msg":"hel'],
    ['a list', '[1]'],
    ['nothing', ''],
  ])('without a trace is left out: %s', (_what, line) => {
    expect(logInLine(line)).toBeUndefined()
  })

  test('may be nested as deep as it likes', () => {
    const deep = `{"trace_id":"${TRACE_ID}","a":${'['.repeat(100_000)}${']'.repeat(100_000)},"__proto__":1}`
    expect(JSON.stringify(logInLine(deep)?.attributes)).toContain('(nested too deeply)')
  })
})

describe('a log file', () => {
  let folder: string
  let path: string
  let seen: unknown[]
  let file: LogFile
  const line = (msg: string): string => `${JSON.stringify({ msg, trace_id: TRACE_ID })}\n`
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'spanwright-'))
    path = join(folder, 'app.log')
    seen = []
    file = new LogFile(path, (logs: readonly ReceivedLog[]) => seen.push(...logs.map(({ body }) => body)))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  test('is read to its end, and from there on, line by line', () => {
    file.read()
    writeFileSync(path, line('one'))
    file.read()
    const rest = line('grün')
    const bytes = Buffer.from(rest)
    appendFileSync(path, bytes.subarray(0, 10))
    file.read()
    appendFileSync(path, bytes.subarray(10, 12))
    file.read()
    appendFileSync(path, bytes.subarray(12))
    file.read()
    file.read()
    expect(seen).toEqual(['one', 'grün'])
  })

  test('that is emptied, or exchanged for a shorter one, is read from its start', () => {
    writeFileSync(path, line('one') + line('two'))
    file.read()
    truncateSync(path)
    appendFileSync(path, line('three'))
    file.read()
    expect(seen).toEqual(['one', 'two', 'three'])
  })

  test('larger than what is read at a time is read whole, and its last line at the end', () => {
    const count = 30_000
    writeFileSync(path, Array.from({ length: count }, (_, n) => line(`line ${n}`)).join('') + line('last').trim())
    file.follow()
    file.close()
    expect([seen.length, seen.at(-1)]).toEqual([count + 1, 'last'])
  })
})
