import { context, propagation } from '@opentelemetry/api'
import { expect, test } from 'vitest'
import { withBaggage, suppressed } from '../../src/spans/current-context.js'
import { withSpan } from '../../src/spans/with-span.js'
import { TestTracing } from './tracing.js'

function baggage(): Record<string, string> {
  const entries = propagation.getActiveBaggage()?.getAllEntries() ?? []
  return Object.fromEntries(entries.map(([key, { value }]) => [key, value]))
}

test('baggage is there for all that the function calls, and gone afterwards', async () => {
  new TestTracing()
  const seen = await withBaggage({ tenant: 'acme' }, async () => {
    await Promise.resolve()
    return baggage()
  })
  expect(seen).toEqual({ tenant: 'acme' })
  expect(baggage()).toEqual({})
})

test('baggage is added to what there is, and replaces entries of the same name', () => {
  new TestTracing()
  const seen = withBaggage({ tenant: 'acme', plan: 'free' }, () => withBaggage({ plan: 'pro' }, baggage))
  expect(seen).toEqual({ tenant: 'acme', plan: 'pro' })
})

test('baggage travels to other services', () => {
  new TestTracing()
  const carrier: Record<string, string> = {}
  withBaggage({ tenant: 'acme & co' }, () => {
    propagation.inject(context.active(), carrier)
  })
  expect(carrier).toEqual({ baggage: 'tenant=acme%20%26%20co' })
})

test('a query builder and a generator have the baggage when they run', async () => {
  new TestTracing()
  const query = { then: (done: (seen: unknown) => void) => done(baggage()) }
  expect(await withBaggage({ tenant: 'acme' }, () => query)).toEqual({ tenant: 'acme' })
  const steps = withBaggage({ tenant: 'acme' }, function* () {
    yield baggage()
  })
  expect([...steps]).toEqual([{ tenant: 'acme' }])
})

test('nothing in a suppressed function makes spans or carries a trace', async () => {
  const tracing = new TestTracing()
  const carrier: Record<string, string> = {}
  const result = await withSpan('outer', () =>
    suppressed(async () => {
      await Promise.resolve()
      propagation.inject(context.active(), carrier)
      return withSpan('inner', () => 'done')
    }),
  )
  expect(result).toBe('done')
  expect(carrier).toEqual({})
  expect(tracing.names).toEqual(['outer'])
})

test('a query builder that was made in a suppressed function runs untraced', async () => {
  const tracing = new TestTracing()
  const query = { then: (done: (value: string) => void) => withSpan('query', () => done('rows')) }
  expect(await suppressed(() => query)).toBe('rows')
  expect(tracing.names).toEqual([])
})
