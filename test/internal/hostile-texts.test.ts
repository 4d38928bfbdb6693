import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startsItself } from '../../src/cli/doctor/in-app/starts-itself.js'
import { headerRedactor } from '../../src/internal/diagnostics/redact.js'
import { reasonInWords } from '../../src/export/notices/notice-text.js'
import { answerOfCallError } from '../../src/export/transport/grpc/grpc-answer.js'
import { answerOf } from '../../src/export/transport/http/http-answer.js'
import { networkErrorWords, serverTextRedactor } from '../../src/export/transport/server-text.js'
import { framesOf } from '../../src/internal/runtime/source-locations.js'
import { writeTraceResponseHeaders } from '../../src/propagation/response-headers.js'
import { readStatement } from '../../src/internal/sql/statement.js'

// Texts of servers, users and apps meet regular expressions here. What takes time by the square of the length stops a thread:
// 400,000 characters take minutes. In proportion to the length, each of these is done in milliseconds.
const LENGTH = 400_000
const MOST_MILLIS = 2_000

const wording = serverTextRedactor(['a header', 'Bearer abcdefghijkl'], ['http://user:password@host/?query'])

const page = (body: string, contentType: string): unknown =>
  answerOf(
    {
      kind: 'response',
      status: 503,
      statusText: 'a'.repeat(10_000),
      headers: { 'content-type': contentType, 'retry-after': '1'.repeat(10_000) },
      body: Buffer.from(body),
    },
    wording,
  )

const call = (details: string): unknown =>
  answerOfCallError({ code: 14, details }, { requestBytes: 1, timeoutMillis: 1 }, wording)

function serverTiming(before: string): unknown {
  const headers = new Map([
    ['server-timing', before],
    ['access-control-expose-headers', before],
  ])
  const spanContext = { traceId: '1'.repeat(32), spanId: '1'.repeat(16), traceFlags: 1 }
  writeTraceResponseHeaders(
    { get: (name) => headers.get(name), set: (name, value) => void headers.set(name, value) },
    spanContext,
    ['server-timing'],
  )
  return headers
}

function ownFile(text: string): unknown {
  const file = join(mkdtempSync(join(tmpdir(), 'spanwright-')), 'app.js')
  writeFileSync(file, text)
  return startsItself([file])
}

const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  'an HTML page': (text) => page(text, 'text/html'),
  'a text': (text) => page(text, 'text/plain'),
  'a JSON answer': (text) => page(JSON.stringify({ message: text }), 'application/json'),
  'a gRPC error': call,
  'a gRPC error on the way': (text) => call(`No connection established. Last error: ${text}`),
  'a network error': (text) => networkErrorWords(new Error(text)),
  'the reason of an exporter': reasonInWords,
  'what the doctor shows': headerRedactor(['authorization=Bearer%20abcdefghijkl']),
  'a stack': framesOf,
  'headers of a response': serverTiming,
  'a statement': (text) => readStatement(text, 'microsoft.sql_server'),
  'a file of the app': ownFile,
}

const repeated = (text: string): string => text.repeat(LENGTH / text.length)
const TEXTS: Readonly<Record<string, string>> = {
  'opening tags': repeated('<'),
  letters: repeated('a'),
  'hex digits': repeated('0A'),
  spaces: `require${repeated(' ')}x`,
  'empty lines': repeated('\n'),
  commas: repeated(' , '),
  quotes: repeated('"'),
  'quotes and commas': `"${repeated('",')}`,
  brackets: repeated('['),
  'paths in brackets': repeated('(/'),
  URLs: repeated('a://'),
  'white space and a word': `${repeated(' ')}a`,
}

test.each(Object.keys(READERS))('%s of 400,000 characters takes no time to speak of, whatever is in it', (name) => {
  for (const [what, text] of Object.entries(TEXTS)) {
    const began = performance.now()
    READERS[name]?.(text)
    expect(performance.now() - began, what).toBeLessThan(MOST_MILLIS)
  }
})
