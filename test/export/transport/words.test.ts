import { describe, expect, test } from 'vitest'
import { endpointName } from '../../../src/export/pipeline/otlp-settings.js'
import { answerOfCallError } from '../../../src/export/transport/grpc/grpc-answer.js'
import { answerOf } from '../../../src/export/transport/http/http-answer.js'
import { isUnreachable, networkErrorWords, serverTextRedactor } from '../../../src/export/transport/server-text.js'
import {
  partialSuccessIn,
  partialSuccessInJson,
  rpcStatusIn,
  rpcStatusMessageInJson,
} from '../../../src/export/transport/response-body.js'
import { exportResponseType, retryInfoType, statusType } from '../../helpers/otlp-sink/schema.js'

test.each([
  ['https://collector:4318/v1/traces', 'https://collector:4318/v1/traces'],
  ['https://me:p@ss@host/v1?key=k#f', 'https://***@host/v1?***'],
  ['me:pass@host:4317', '***@host:4317'],
  [' http://host/a@b ', 'http://host/a@b'],
  ['unix:///run/otel@1.sock', 'unix:///run/otel@1.sock'],
])('the endpoint %s is named %s', (url, name) => {
  expect(endpointName(url)).toBe(name)
})

describe('the words of a server', () => {
  test('are one line of at most 200 characters, without control characters', () => {
    const redact = serverTextRedactor([], ['http://host'])
    expect(redact(' a\r\n\tb\u0007c\u009b ')).toBe('a b c')
    expect(redact('ä'.repeat(201))).toBe(`${'ä'.repeat(199)}…`)
    expect(redact('ä'.repeat(200))).toBe('ä'.repeat(200))
  })

  test('lose headers, whole or in part, also where they are cut', () => {
    const redact = serverTextRedactor(['Bearer s3cr3t', 's3cr3t-t00', ''], ['http://host'])
    expect(redact('Bearer s3cr3t, s3cr3t, s3cr3t-t00.')).toBe('***, ***, ***.')
    expect(redact(`${'-'.repeat(195)}Bearer s3cr3t`)).toBe(`${'-'.repeat(195)}***`)
    const long = 'secret'.repeat(40)
    const repeating = serverTextRedactor([long], ['http://host'])
    expect(repeating(`x${long.repeat(20)}`)).not.toContain('secret')
  })

  test('lose what is secret in the URL, as it is sent too', () => {
    const redact = serverTextRedactor([], ['http://somebody:p%40ss@host/v1/traces?api-key=k'])
    const basic = Buffer.from('somebody:p@ss').toString('base64')
    expect(redact(`p@ss p%40ss Basic ${basic} POST /v1/traces?api-key=k`)).toBe('*** *** Basic *** POST /v1/traces?***')
  })
})

test.each([
  [{}, undefined],
  [{ 'retry-after': '3' }, 3_000],
  [{ 'retry-after': ' 0 ' }, 0],
  [{ 'retry-after': '1.5' }, 1_500],
  [{ 'retry-after': 'soon', date: 'Wed, 02 Jan 2030 03:04:05 GMT' }, undefined],
  [{ 'retry-after': 'Wed, 02 Jan 2030 03:04:15 GMT', date: 'Wed, 02 Jan 2030 03:04:05 GMT' }, 10_000],
  [{ 'retry-after': 'Wed, 02 Jan 2030 03:04:00 GMT', date: 'Wed, 02 Jan 2030 03:04:05 GMT' }, 0],
  [{ 'retry-after': 'Wed, 02 Jan 2030 03:04:15 GMT' }, undefined],
])('the headers %j mean to wait %s ms', (headers, millis) => {
  const busy = { kind: 'response', status: 503, statusText: '', headers, body: new Uint8Array() } as const
  expect(answerOf(busy, (text) => text)).toMatchObject({ kind: 'retryable', retryAfterMillis: millis })
})

describe('a partial success', () => {
  const response = (partialSuccess: object): Uint8Array =>
    exportResponseType.encode(exportResponseType.fromObject({ partialSuccess })).finish()
  const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value))
  const nothing = { rejectedSpans: 0, message: '' }

  test('has its count and its message', () => {
    expect(partialSuccessIn(response({ rejectedSpans: 300, errorMessage: 'größer' }))).toEqual({
      rejectedSpans: 300,
      message: 'größer',
    })
    expect(partialSuccessInJson(json({ partialSuccess: { rejectedSpans: '3', errorMessage: 'x' } }))).toEqual({
      rejectedSpans: 3,
      message: 'x',
    })
    expect(partialSuccessInJson(json({ partialSuccess: { rejectedSpans: 4 } }))).toEqual({
      ...nothing,
      rejectedSpans: 4,
    })
  })

  test('that makes no sense is none', () => {
    expect(partialSuccessIn(response({ rejectedSpans: -1 }))).toEqual(nothing)
    for (const bytes of [[], [0xff], [0x0a, 9, 1], [0x0a], [0x0b], [0x09, 1]]) {
      expect(partialSuccessIn(Uint8Array.from(bytes))).toEqual(nothing)
    }
    for (const value of [
      null,
      1,
      { partialSuccess: null },
      { partialSuccess: { rejectedSpans: 'x', errorMessage: 1 } },
    ]) {
      expect(partialSuccessInJson(json(value))).toEqual(nothing)
    }
    expect(partialSuccessInJson(json({ partialSuccess: { rejectedSpans: -3 } }))).toEqual(nothing)
    expect(partialSuccessInJson(Buffer.from('<html>'))).toEqual(nothing)
  })
})

describe('a google.rpc.Status', () => {
  const status = (retryDelay: object, type = 'google.rpc.RetryInfo'): Uint8Array => {
    const value = retryInfoType.encode(retryInfoType.fromObject({ retryDelay })).finish()
    const details = [
      { type_url: 'type.googleapis.com/google.rpc.Help', value: Buffer.from([1, 2]) },
      { type_url: `type.googleapis.com/${type}`, value },
    ]
    return statusType.encode(statusType.fromObject({ code: 8, message: 'slow', details })).finish()
  }

  test('has a message, and says when to come back', () => {
    expect(rpcStatusIn(status({ seconds: 2, nanos: 250_000_000 }))).toEqual({
      message: 'slow',
      retryAfterMillis: 2_250,
    })
    expect(rpcStatusIn(status({}))).toEqual({ message: 'slow', retryAfterMillis: 0 })
    expect(rpcStatusIn(status({ seconds: 2 }, 'google.rpc.ErrorInfo')).retryAfterMillis).toBeUndefined()
    expect(rpcStatusIn(status({ seconds: -5 })).retryAfterMillis).toBe(0)
  })

  test('in JSON has a message, and what is none is told as it is', () => {
    expect(rpcStatusMessageInJson(Buffer.from('{"code":3,"message":"no"}'))).toBe('no')
    expect(rpcStatusMessageInJson(Buffer.from('{"error":"no"}'))).toBe('{"error":"no"}')
    expect(rpcStatusMessageInJson(Buffer.from('no'))).toBe('no')
  })
})

describe('a network error', () => {
  test('of a name with several addresses has the words of each', () => {
    const errors = ['connect ECONNREFUSED ::1:1', 'connect ECONNREFUSED 127.0.0.1:1'].map((text) => new Error(text))
    expect(networkErrorWords(new AggregateError(errors))).toBe(
      'connect ECONNREFUSED ::1:1, connect ECONNREFUSED 127.0.0.1:1',
    )
    expect(networkErrorWords(new AggregateError([]))).toBe('AggregateError')
  })

  test.each([
    ['connect ECONNREFUSED 127.0.0.1:4318', true],
    ['getaddrinfo ENOTFOUND collector', true],
    ['getaddrinfo EAI_AGAIN collector', true],
    ['connect EHOSTUNREACH 10.0.0.1:4318', true],
    ['connect ENETUNREACH 10.0.0.1:4318', true],
    ['unable to verify the first certificate', true],
    ['TLS: wrong version number', true],
    ['Client network socket disconnected before secure TLS connection was established', true],
    ['read ECONNRESET', false],
    ['connect ETIMEDOUT 10.0.0.1:4318', false],
    ['socket hang up', false],
  ])('%s: unreachable %s', (words, expected) => {
    expect(isUnreachable(words)).toBe(expected)
  })
})

test('what is decided does not depend on what is shown', () => {
  const redact = serverTextRedactor(['ECONNREFUSED', 'larger'], ['http://host'])
  const error = new Error('connect ECONNREFUSED 127.0.0.1:4318')
  expect(answerOf({ kind: 'loss', error, isSent: false }, redact)).toMatchObject({
    isUnreachable: true,
    reason: 'connect *** 127.0.0.1:4318',
  })
  const details = 'No connection established. Last error: connect ECONNREFUSED ::1:1. Resolution note: '
  const limits = { requestBytes: 9, timeoutMillis: 1 }
  expect(answerOfCallError({ code: 14, details }, limits, redact)).toMatchObject({ isUnreachable: true })
  const tooLarge = { code: 8, details: 'message larger than max' }
  expect(answerOfCallError(tooLarge, limits, redact)).toMatchObject({ kind: 'too-large' })
})

describe('a gRPC error', () => {
  const answer = (code: number, details: string, requestBytes = 1_000): object =>
    answerOfCallError({ code, details }, { requestBytes, timeoutMillis: 1_000 }, (text) => text)
  const wrapped = (error: string): string => `No connection established. Last error: ${error}. Resolution note: `

  test.each([
    [14, wrapped('Error: connect ECONNREFUSED ::1:1'), 'UNAVAILABLE: connect ECONNREFUSED ::1:1', true, false],
    [14, wrapped('Failed to connect (2026-01-02T03:04:05.678Z)'), 'UNAVAILABLE: Failed to connect', false, false],
    [14, 'upstream certificate broken', 'UNAVAILABLE: upstream certificate broken', false, false],
    [14, 'Stream refused by server', 'UNAVAILABLE: Stream refused by server', false, false],
    [14, 'Connection dropped', 'UNAVAILABLE: Connection dropped', false, true],
    [14, 'read ETIMEDOUT', 'UNAVAILABLE: read ETIMEDOUT', false, true],
    [1, 'Call cancelled', 'CANCELLED: Call cancelled', false, true],
    [
      4,
      'Deadline exceeded after 1.0s,name resolution: 0.1s,Waiting for LB pick',
      'DEADLINE_EXCEEDED: no connection in 1000 ms',
      false,
      false,
    ],
    [
      4,
      'Deadline exceeded after 1.0s,waiting for name resolution',
      'DEADLINE_EXCEEDED: no connection in 1000 ms',
      false,
      false,
    ],
    [
      4,
      'Deadline exceeded after 1.0s,LB pick: 0.1s,remote_addr=[::1]:4317',
      'DEADLINE_EXCEEDED: no answer in 1000 ms',
      false,
      true,
    ],
    [
      13,
      'Received RST_STREAM with code 2 triggered by internal client error: write EPIPE',
      'INTERNAL: Received RST_STREAM with code 2 triggered by internal client error: write EPIPE',
      false,
      true,
    ],
    [
      13,
      'Received RST_STREAM with code 0 (Call ended without gRPC status)',
      'INTERNAL: Received RST_STREAM with code 0 (Call ended without gRPC status)',
      false,
      true,
    ],
  ])('%i "%s" is worth another attempt', (code, details, reason, isUnreachable, mayHaveArrived) => {
    expect(answer(code, details)).toEqual({
      kind: 'retryable',
      reason,
      retryAfterMillis: undefined,
      isUnreachable,
      mayHaveArrived,
    })
  })

  test.each([
    [13, 'Received RST_STREAM with code 2 (Internal server error)'],
    [99, 'what?'],
  ])('%i "%s" is final', (code, details) => {
    expect(answer(code, details)).toMatchObject({ kind: 'permanent' })
  })

  test.each([
    ['grpc: received message larger than max (1500000 vs. 1048576)', 1_500_000, 'too-large'],
    ['grpc: received message after decompression larger than max 1048576', 1_500_000, 'too-large'],
    ['Received message larger than max (1500000 vs 1048576)', 1_500_000, 'too-large'],
    ['gRPC message exceeds maximum size 1048576: 1500000', 1_500_000, 'too-large'],
    // grpc-js, of the answer.
    ['Received message larger than max (5000000 vs 4194304)', 1_000_000, 'success'],
    ['too many requests', 1_500_000, 'retryable'],
  ])('8 "%s" to a request of %i bytes: %s', (details, requestBytes, kind) => {
    expect(answer(8, details, requestBytes)).toMatchObject({ kind })
  })

  test('a proxy that answers 413 to gRPC has found the request too large', () => {
    expect(answer(2, 'Received HTTP status code 413')).toMatchObject({ kind: 'too-large' })
    expect(answer(2, 'Received HTTP status code 415')).toMatchObject({ kind: 'permanent' })
  })
})
