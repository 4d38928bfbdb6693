import { baggageEntryMetadataFromString, propagation, ROOT_CONTEXT, type Context } from '@opentelemetry/api'
import fc from 'fast-check'
import { beforeAll, expect, test, vi } from 'vitest'
import { baggagePropagator } from '../../../src/propagation/baggage/baggage-propagator.js'
import { alwaysGetting, extracted, injected, oddValue } from './carriers.js'
import { fuzzRuns } from '../../helpers/fuzz-runs.js'

// Of the specification's grammar, written down once more.
const OCTET = '[!#-+\\--:<-\\[\\]-~]'
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const PROPERTY = `${TOKEN}(=${OCTET}*)?`
const MEMBER = `${TOKEN}=(${OCTET}(?<!%)|%[0-9A-F]{2})*(;${PROPERTY})*`
const BAGGAGE_STRING = new RegExp(`^${MEMBER}(,${MEMBER})*$`)

const propagator = baggagePropagator()

beforeAll(() => {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
})

const ows = fc.constantFrom('', '', ' ', '\t ')
const piece = fc.oneof(
  fc.stringMatching(new RegExp(`^${TOKEN}$`)),
  fc.constantFrom(
    '=',
    ';',
    ',',
    '%',
    '%41',
    '%FF',
    '%C3%A9',
    '%e2%82',
    '%zz',
    ' ',
    '\t',
    '"',
    '\\',
    'é',
    '\u0000',
    'a=1',
  ),
)
const header = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.array(piece, { maxLength: 25 }).map((pieces) => pieces.join('')),
  fc
    .array(fc.tuple(ows, fc.stringMatching(/^[a-z]{1,3}$/), ows, fc.stringMatching(/^[!-~]{0,8}$/), ows), {
      maxLength: 8,
    })
    .map((members) => members.map(([a, key, b, value, c]) => `${a}${key}${b}=${value}${c}`).join(',')),
)
const entries = fc.array(
  fc.tuple(
    fc.oneof(fc.stringMatching(/^[!-~]{1,9}$/), fc.string({ unit: 'binary', maxLength: 9 })),
    fc.oneof(fc.string({ unit: 'binary', maxLength: 30 }), fc.string({ unit: 'grapheme', maxLength: 30 })),
    fc.option(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(piece).map((pieces) => pieces.join('')),
      ),
      {
        nil: undefined,
      },
    ),
  ),
  { maxLength: 12 },
)

function contextWith(given: readonly (readonly [string, string, string | undefined])[]): Context {
  let baggage = propagation.createBaggage()
  for (const [key, value, metadata] of given) {
    const entry = metadata === undefined ? { value } : { value, metadata: baggageEntryMetadataFromString(metadata) }
    baggage = baggage.setEntry(key, entry)
  }
  return propagation.setBaggage(ROOT_CONTEXT, baggage)
}

function asText(context: Context): unknown {
  const all = propagation.getBaggage(context)?.getAllEntries() ?? []
  return all.map(([key, { value, metadata }]) => [key, value, metadata?.toString()]).toSorted()
}

test('whatever comes in, nothing throws, and what goes out follows the grammar and reads the same', () => {
  const check = (value: unknown): void => {
    const context = propagator.extract(ROOT_CONTEXT, {}, alwaysGetting(value))
    const out = injected(propagator, context).baggage
    if (out === undefined) return
    expect(out).toMatch(BAGGAGE_STRING)
    const again = extracted(propagator, { baggage: out })
    expect(asText(again)).toEqual(asText(context))
  }
  fc.assert(fc.property(fc.oneof(header, fc.array(header, { maxLength: 3 })), check), { numRuns: fuzzRuns(0.3) })
  fc.assert(fc.property(oddValue, check), { numRuns: fuzzRuns(0.05) })
})

test('whatever the app puts into its baggage, what goes out follows the grammar and is read as it was meant', () => {
  fc.assert(
    fc.property(entries, (given) => {
      const out = injected(propagator, contextWith(given)).baggage
      const token = new RegExp(`^${TOKEN}$`)
      const meant = new Map(given.filter(([key]) => token.test(key)).map(([key, value]) => [key, value.toWellFormed()]))
      if (out !== undefined) expect(out).toMatch(BAGGAGE_STRING)
      const baggage = propagation.getBaggage(extracted(propagator, { baggage: out }))
      const arrived = (baggage?.getAllEntries() ?? []).map(([key, { value }]) => [key, value])
      expect(arrived.toSorted()).toEqual([...meant].toSorted())
    }),
    { numRuns: fuzzRuns(0.2) },
  )
})

test('baggage that is far too long takes no more than its share, nor long', () => {
  const long = fc.tuple(piece, fc.integer({ min: 1_000, max: 20_000 })).map(([text, count]) => text.repeat(count))
  fc.assert(
    fc.property(fc.array(long, { maxLength: 3 }), (headers) => {
      const out = injected(propagator, extracted(propagator, { baggage: headers })).baggage ?? ''
      expect(Buffer.byteLength(out)).toBeLessThanOrEqual(8_192)
      expect(out.split(',').length).toBeLessThanOrEqual(64)
    }),
    { numRuns: fuzzRuns(0.001) },
  )
})
