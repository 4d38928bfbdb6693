import { expect, test } from 'tstyche'
import { traced, Traced } from '../../src/spans/traced.js'

interface Order {
  id: number
}

test('a traced function has the parameters and the result of the original', () => {
  expect(traced('n', (id: number, mail?: string) => `${id}${mail}`)).type.toBe<
    (this: unknown, id: number, mail?: string) => string
  >()
  expect(traced('n', (...ids: number[]) => Promise.resolve(ids.length))).type.toBe<
    (this: unknown, ...ids: number[]) => Promise<number>
  >()
})

test('a traced function is called as the original is', () => {
  const load = traced('n', (id: number): Order => ({ id }))
  expect(load(1)).type.toBe<Order>()
  expect(load).type.not.toBeCallableWith('1')
  expect(load).type.not.toBeCallableWith()
  expect([1, 2].map(load)).type.toBe<Order[]>()
})

test('the type of this is kept', () => {
  function total(this: { rate: number }, net: number): number {
    return net * this.rate
  }
  const wrapped = traced('n', total)
  const shop = { rate: 2, wrapped }
  expect(shop.wrapped(1)).type.toBe<number>()
  expect(wrapped).type.not.toBeCallableWith(1)
})

test('a generic function stays generic', () => {
  const first = traced('n', <T>(values: T[]): T | undefined => values[0])
  expect(first(['a'])).type.toBe<string | undefined>()
})

test('options come as an object, or from the arguments', () => {
  traced(
    'n',
    (id: number, mail: string) => `${id}${mail}`,
    (id, mail) => {
      expect(id).type.toBe<number>()
      expect(mail).type.toBe<string>()
      return { attributes: { id } }
    },
  )
  expect(traced).type.toBeCallableWith('n', (id: number) => id, { attributes: { a: 1 } })
  expect(traced).type.not.toBeCallableWith('n', (id: number) => id, { atributes: { a: 1 } })
  expect(traced).type.not.toBeCallableWith(
    'n',
    (id: number) => id,
    (id: string) => ({ attributes: { id } }),
  )
  expect(traced).type.not.toBeCallableWith((id: number) => id)
})

test('the decorator stands on methods, static and private ones too', () => {
  class Orders {
    @(expect(Traced()).type.toBeApplicable) charge(amount: number): number {
      return amount
    }
    @(expect(Traced('open orders')).type.toBeApplicable) static open(): Promise<string[]> {
      return Promise.resolve([])
    }
    @(expect(Traced('n', { attributes: { a: 1 } })).type.toBeApplicable) *pages(): Generator<number> {
      yield 1
    }
    @(expect(Traced('n', (id: number) => ({ attributes: { id } }))).type.toBeApplicable) find(id: number): number {
      return id
    }
  }
  expect(new Orders().charge(1)).type.toBe<number>()
})

test('the decorator does not stand on fields, accessors and classes', () => {
  @(expect(Traced()).type.not.toBeApplicable)
  class Orders {
    @(expect(Traced()).type.not.toBeApplicable) field = 1
    @(expect(Traced()).type.not.toBeApplicable) get sum(): number {
      return this.field
    }
  }
  expect(new Orders().field).type.toBe<number>()
})

test('the decorator is not used without parentheses', () => {
  class Orders {
    @(expect(Traced).type.not.toBeApplicable) charge(): number {
      return 1
    }
  }
  expect(new Orders().charge()).type.toBe<number>()
})

test('the decorator fits experimentalDecorators as well', () => {
  const descriptor: TypedPropertyDescriptor<(id: number) => string> = {}
  expect(Traced()).type.toBeCallableWith({}, 'find', descriptor)
  expect(Traced()({}, 'find', descriptor)).type.toBe<TypedPropertyDescriptor<(id: number) => string>>()
  expect(Traced()).type.not.toBeCallableWith({}, 'field')
})
