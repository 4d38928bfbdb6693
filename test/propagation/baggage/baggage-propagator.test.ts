import {
  baggageEntryMetadataFromString,
  propagation,
  ROOT_CONTEXT,
  type Baggage,
  type BaggageEntry,
  type Context,
} from '@opentelemetry/api'
import { suppressTracing } from '@opentelemetry/core'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { alwaysGetting, extracted, injected, throwingGetter } from './carriers.js'

const said: string[] = []

// A fresh copy for each test, since what is logged once is logged once a process.
let baggagePropagator: typeof import('../../../src/propagation/baggage/baggage-propagator.js').baggagePropagator

beforeEach(async () => {
  vi.resetModules()
  ;({ baggagePropagator } = await import('../../../src/propagation/baggage/baggage-propagator.js'))
  said.length = 0
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0)
  return () => vi.restoreAllMocks()
})

function contextWith(entries: Record<string, BaggageEntry | string>): Context {
  const made = Object.entries(entries).map(([key, entry]) => [
    key,
    typeof entry === 'string' ? { value: entry } : entry,
  ])
  return propagation.setBaggage(
    ROOT_CONTEXT,
    propagation.createBaggage(Object.fromEntries(made) as Record<string, BaggageEntry>),
  )
}

function written(entries: Record<string, BaggageEntry | string>): string | undefined {
  return injected(baggagePropagator(), contextWith(entries)).baggage
}

function read(header: unknown): Baggage | undefined {
  return propagation.getBaggage(extracted(baggagePropagator(), { baggage: header }))
}

function readValues(header: unknown): Record<string, string> {
  return Object.fromEntries((read(header)?.getAllEntries() ?? []).map(([key, { value }]) => [key, value]))
}

describe('what goes out', () => {
  test('is one header named baggage, with entries in their order', () => {
    const headers = injected(baggagePropagator(), contextWith({ userId: 'alice', isProduction: 'false' }))
    expect(headers).toEqual({ baggage: 'userId=alice,isProduction=false' })
    expect(baggagePropagator().fields()).toEqual(['baggage'])
  })

  test('has values percent-encoded as UTF-8', () => {
    expect(written({ userId: 'Amélie', serverNode: 'DF 28', face: '😀' })).toBe(
      'userId=Am%C3%A9lie,serverNode=DF%2028,face=%F0%9F%98%80',
    )
  })

  test('has every character outside baggage-octet encoded, and no other but the percent sign', () => {
    const ascii = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)).join('')
    const plain = "!#$&'()*+-./0123456789:<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~"
    expect(
      written({ k: ascii })
        ?.slice(2)
        .replaceAll(/%[0-9A-F]{2}/g, ''),
    ).toBe(plain)
    expect(written({ k: '100%' })).toBe('k=100%25')
    expect(written({ k: 'a b\t"c",;\\\u007f\n' })).toBe('k=a%20b%09%22c%22%2C%3B%5C%7F%0A')
  })

  test('has U+FFFD for half a surrogate pair, and throws nothing', () => {
    expect(written({ k: 'a\ud800b' })).toBe('k=a%EF%BF%BDb')
  })

  test('keeps keys as they are, case and all, and does not encode them', () => {
    expect(written({ "!#$%&'*+-.^_`|~09azAZ": 'v' })).toBe("!#$%&'*+-.^_`|~09azAZ=v")
  })

  test('leaves out keys that are no tokens, and tells it once', () => {
    expect(written({ 'user id': '1', 'a=b': '2', naïve: '3', '': '4', good: '5' })).toBe('good=5')
    expect(said).toHaveLength(1)
    expect(said[0]).toContain('"user id" is not sent on')
  })

  test('has metadata behind its value', () => {
    const metadata = baggageEntryMetadataFromString('ttl=1;internal;note=a%20b')
    expect(written({ k: { value: 'v', metadata } })).toBe('k=v;ttl=1;internal;note=a%20b')
  })

  test('leaves out properties that would break the header', () => {
    const metadata = baggageEntryMetadataFromString('a=1,evil=2;"b"; c ;;d=\u00e9;e=\r\nx: y')
    expect(written({ k: { value: 'v', metadata } })).toBe('k=v;c')
  })

  test('may be empty in its values', () => {
    expect(written({ k: '' })).toBe('k=')
  })

  test('is nothing without baggage, and nothing where tracing is suppressed', () => {
    expect(injected(baggagePropagator(), ROOT_CONTEXT)).toEqual({})
    expect(injected(baggagePropagator(), contextWith({}))).toEqual({})
    expect(injected(baggagePropagator(), suppressTracing(contextWith({ k: 'v' })))).toEqual({})
  })

  test('has numbers, which code without types may put there, as their text', () => {
    expect(written({ tenant: { value: 42 as unknown as string } })).toBe('tenant=42')
  })
})

describe('limits of what goes out', () => {
  test('64 entries go out', () => {
    const entries = Object.fromEntries(Array.from({ length: 64 }, (_, index) => [`key${index}`, 'v']))
    expect(written(entries)?.split(',')).toHaveLength(64)
    expect(said).toEqual([])
  })

  test('of more than 64 entries the first 64 go out, and it is logged once', () => {
    const entries = Object.fromEntries(Array.from({ length: 70 }, (_, index) => [`key${index}`, 'v']))
    expect(written(entries)?.split(',').at(-1)).toBe('key63=v')
    written(entries)
    expect(said).toHaveLength(1)
    expect(said[0]).toContain('cut to 64 entries and 8,192 bytes; "key64" did not fit')
  })

  test('8,192 bytes go out, and 8,193 do not', () => {
    expect(written({ a: 'x'.repeat(8_190) })).toHaveLength(8_192)
    expect(written({ a: 'x'.repeat(4_000), b: 'x'.repeat(4_187) })).toHaveLength(8_192)
    expect(said).toEqual([])
    expect(written({ a: 'x'.repeat(8_191) })).toBeUndefined()
    expect(said).toHaveLength(1)
  })

  test('bytes are counted as encoded', () => {
    expect(written({ a: 'é'.repeat(1_366) })).toBeUndefined()
    expect(written({ a: 'é'.repeat(1_365) })).toHaveLength(8_192)
  })

  test('an entry that does not fit is left out whole, and smaller ones behind it go out', () => {
    expect(written({ a: '1', long: 'x'.repeat(8_192), b: '2' })).toBe('a=1,b=2')
  })
})

describe('what comes in', () => {
  test('is decoded from percent-encoded UTF-8', () => {
    expect(readValues('userId=Am%C3%A9lie,serverNode=DF%2028,mixed=%f0%9F%98%80')).toEqual({
      userId: 'Amélie',
      serverNode: 'DF 28',
      mixed: '😀',
    })
  })

  test('has no white space around keys, values and properties', () => {
    const baggage = read(
      'SomeKey \t = \t SomeValue \t ; \t SomeProp \t ; \t Second \t = \t 2 \t , \t Key2 \t = \t v2 \t ',
    )
    expect(baggage?.getEntry('SomeKey')?.value).toBe('SomeValue')
    expect(baggage?.getEntry('SomeKey')?.metadata?.toString()).toBe('SomeProp;Second=2')
    expect(baggage?.getEntry('Key2')).toEqual({ value: 'v2' })
  })

  test('may have equal signs in its values', () => {
    expect(readValues('k=a=b==')).toEqual({ k: 'a=b==' })
  })

  test('may have empty values', () => {
    expect(readValues('k=,l= ')).toEqual({ k: '', l: '' })
  })

  test('has U+FFFD for bytes that are not UTF-8', () => {
    expect(readValues('k=a%FFb,l=%C3,m=%ED%A0%80')).toEqual({ k: 'a\ufffdb', l: '\ufffd', m: '\ufffd'.repeat(3) })
  })

  test('keeps a percent sign that encodes nothing', () => {
    expect(readValues('k=100%,l=%zz,m=%4,n=%%41')).toEqual({ k: '100%', l: '%zz', m: '%4', n: '%A' })
  })

  test('does not decode a plus sign to a blank', () => {
    expect(readValues('k=a+b')).toEqual({ k: 'a+b' })
  })

  test('does not decode keys, and knows them by their case', () => {
    expect(readValues('a%41=1,key=2,KEY=3')).toEqual({ 'a%41': '1', key: '2', KEY: '3' })
  })

  test('keeps properties as they came', () => {
    const entry = read('k=v;ttl=1;internal;note=a%20b;ttl=2')?.getEntry('k')
    expect(entry?.metadata?.toString()).toBe('ttl=1;internal;note=a%20b;ttl=2')
  })

  test('keeps an entry whose property is wrong, without that property', () => {
    const entry = read('k=v;;a b;ok=1;=2;c="d";')?.getEntry('k')
    expect(entry?.value).toBe('v')
    expect(entry?.metadata?.toString()).toBe('ok=1')
  })

  test.each([
    ['no equal sign', 'bad'],
    ['no key', '=v'],
    ['a blank in its key', 'b d=v'],
    ['a character in its key that is no token', 'b(d)=v'],
    ['white space in its key that is none in HTTP', '\u00a0bad=v'],
    ['a blank in its value', 'bad=v w'],
    ['quotes in its value', 'bad="v"'],
    ['a backslash in its value', 'bad=\\v'],
    ['letters beyond ASCII in its value', 'bad=é'],
    ['a control character in its value', 'bad=\u0001'],
    ['nothing at all', ''],
  ])('an entry with %s is skipped, and harms no other', (_what, member) => {
    expect(readValues(`a=1,${member},b=2`)).toEqual({ a: '1', b: '2' })
  })

  test('of a key that comes again the last counts, at the place of the first', () => {
    expect(read('a=1;p,b=2,a=3')?.getAllEntries()).toEqual([
      ['a', { value: '3' }],
      ['b', { value: '2' }],
    ])
  })

  test('is put together from several headers, in their order', () => {
    expect(readValues(['a=1,b=2', 'c=3,a=4'])).toEqual({ a: '4', b: '2', c: '3' })
    expect(readValues('a=1, b=2, c=3')).toEqual({ a: '1', b: '2', c: '3' })
  })

  test('may be bytes, as Kafka brings them', () => {
    expect(readValues([Buffer.from('a=1'), new TextEncoder().encode('b=%20')])).toEqual({ a: '1', b: ' ' })
  })

  test('may have keys that are dangerous elsewhere', () => {
    expect(read('__proto__=1,constructor=2')?.getEntry('__proto__')).toEqual({ value: '1' })
    expect(({} as Record<string, unknown>).value).toBeUndefined()
  })

  test('takes the place of the baggage in the context, and leaves it where nothing valid came', () => {
    const before = contextWith({ old: '1' })
    const after = extracted(baggagePropagator(), { baggage: 'new=2' }, before)
    expect(propagation.getBaggage(after)?.getAllEntries()).toEqual([['new', { value: '2' }]])
    expect(extracted(baggagePropagator(), { baggage: 'nothing,valid' }, before)).toBe(before)
    expect(extracted(baggagePropagator(), {}, before)).toBe(before)
  })

  test.each([
    ['a number', 5],
    ['null', null],
    ['an object', { length: 3 }],
    ['an array of anything', [5, null, {}, ['a=1'], Symbol('a')]],
  ])('that is %s is no header', (_what, value) => {
    expect(baggagePropagator().extract(ROOT_CONTEXT, {}, alwaysGetting(value))).toBe(ROOT_CONTEXT)
  })

  test('through a getter that throws is nothing, and it is logged once', () => {
    expect(baggagePropagator().extract(ROOT_CONTEXT, {}, throwingGetter)).toBe(ROOT_CONTEXT)
    expect(baggagePropagator().extract(ROOT_CONTEXT, {}, throwingGetter)).toBe(ROOT_CONTEXT)
    expect(said).toEqual(['spanwright: the propagator baggage could not read its headers: no headers here\n'])
  })
})

describe('limits of what comes in', () => {
  test('of more than 64 entries in all headers the first 64 count, and it is logged once', () => {
    const header = (from: number): string => Array.from({ length: 40 }, (_, index) => `key${from + index}=v`).join(',')
    expect(Object.keys(readValues([header(0), header(40)])).at(-1)).toBe('key63')
    readValues([header(0), header(40)])
    expect(said).toHaveLength(1)
    expect(said[0]).toContain('incoming baggage is cut')
  })

  test('entries that are invalid, or the same once more, take no place', () => {
    const header = Array.from({ length: 64 }, (_, index) => `key${index}=v,key0=w,bad`).join(',')
    expect(Object.keys(readValues(header))).toHaveLength(64)
    expect(said).toEqual([])
  })

  test('8,192 bytes in all headers count, white space aside, and what does not fit is left out whole', () => {
    const long = 'x'.repeat(4_000)
    expect(Object.keys(readValues([`a=${long} , b= ${'y'.repeat(4_187)}`]))).toEqual(['a', 'b'])
    expect(said).toEqual([])
    expect(Object.keys(readValues([`a=${long}`, `b=${'y'.repeat(4_188)},c=1`]))).toEqual(['a', 'c'])
    expect(said).toHaveLength(1)
  })
})

test('a setter that throws does no harm, and is logged once', () => {
  const setter = {
    set() {
      throw new Error('sent already')
    },
  }
  baggagePropagator().inject(contextWith({ k: 'v' }), {}, setter)
  expect(said).toEqual(['spanwright: the propagator baggage could not write its headers: sent already\n'])
})
