import { compileFunction } from 'node:vm'
import { expect, test } from 'vitest'
import ts from 'typescript'
import { TracingConfigError } from '../../src/internal/checks/validate.js'
import { Traced } from '../../src/spans/traced.js'
import { TestTracing } from './tracing.js'

interface Orders {
  charge(amount: number, currency: string): number
  load(): Promise<string[]>
  find(id: number): number
  pages(): Iterable<number>
  fails(): void
  sum(): number
}
type OrdersClass = (new () => Orders) & { open(): string }

/** Decorators as the two kinds of compilers make them: by the standard, and with `experimentalDecorators`. */
function compile(source: string, experimentalDecorators: boolean): OrdersClass {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, experimentalDecorators },
  })
  const define = compileFunction(`${outputText}\nreturn Orders`, ['Traced']) as (traced: typeof Traced) => OrdersClass
  return define(Traced)
}

const ORDERS = `
  class Orders {
    tax = 2
    @Traced() charge(amount, currency) { return amount * this.tax }
    @Traced('load the orders') async load() { return ['order'] }
    @Traced(undefined, (id) => ({ attributes: { id } })) find(id) { return id }
    @Traced() static open() { return this.name }
    @Traced() *pages() { yield 1; yield 2 }
    @Traced() fails() { throw new TypeError('no') }
  }`

const KINDS = [
  ['TC39', false],
  ['legacy', true],
] as const

test.each(KINDS)('a method gets a span named Class.method, and keeps this, name and length: %s', (_kind, legacy) => {
  const tracing = new TestTracing()
  const Orders = compile(ORDERS, legacy)
  expect(new Orders().charge(21, 'EUR')).toBe(42)
  expect(tracing.names).toEqual(['Orders.charge'])
  expect(Reflect.get(Orders.prototype, 'charge')).toHaveProperty('name', 'charge')
  expect(Reflect.get(Orders.prototype, 'charge')).toHaveLength(2)
})

test.each(KINDS)('the name is that of the class which has the method, in subclasses too: %s', (_kind, legacy) => {
  const tracing = new TestTracing()
  const Orders = compile(ORDERS, legacy)
  class BulkOrders extends Orders {}
  new BulkOrders().charge(1, 'EUR')
  expect(tracing.names).toEqual(['Orders.charge'])
})

test.each(KINDS)('a given name is taken, and a promise waited for: %s', async (_kind, legacy) => {
  const tracing = new TestTracing()
  const Orders = compile(ORDERS, legacy)
  expect(await new Orders().load()).toEqual(['order'])
  expect(tracing.names).toEqual(['load the orders'])
})

test.each(KINDS)('options come from the arguments: %s', (_kind, legacy) => {
  const tracing = new TestTracing()
  const Orders = compile(ORDERS, legacy)
  new Orders().find(7)
  expect(tracing.named('Orders.find').attributes).toEqual({ id: 7 })
})

test.each(KINDS)('a static method is named after its class: %s', (_kind, legacy) => {
  const tracing = new TestTracing()
  const Orders = compile(ORDERS, legacy)
  expect(Orders.open()).toBe('Orders')
  expect(tracing.names).toEqual(['Orders.open'])
})

test.each(KINDS)('a generator method is in its span until the end: %s', (_kind, legacy) => {
  const tracing = new TestTracing()
  const Orders = compile(ORDERS, legacy)
  const pages = new Orders().pages()
  expect(tracing.names).toEqual([])
  expect([...pages]).toEqual([1, 2])
  expect(tracing.names).toEqual(['Orders.pages'])
})

test.each(KINDS)('an error is recorded and thrown: %s', (_kind, legacy) => {
  const tracing = new TestTracing()
  const Orders = compile(ORDERS, legacy)
  expect(() => new Orders().fails()).toThrow(new TypeError('no'))
  expect(tracing.named('Orders.fails').attributes).toEqual({ 'error.type': 'TypeError' })
})

test('a private method is named after the class of the object', () => {
  const tracing = new TestTracing()
  const Orders = compile('class Orders { @Traced() #sum() { return 3 } sum() { return this.#sum() } }', false)
  expect(new Orders().sum()).toBe(3)
  expect(tracing.names).toEqual(['Orders.#sum'])
})

test('a method that is called without its object is named after itself', () => {
  const tracing = new TestTracing()
  const Orders = compile('class Orders { @Traced() sum() { return 3 } }', false)
  const sum = Reflect.get(Orders.prototype, 'sum') as () => number
  expect(sum()).toBe(3)
  expect(tracing.names).toEqual(['sum'])
})

test('a legacy decorator keeps the property descriptor', () => {
  class Orders {
    charge(): string {
      return 'charged'
    }
  }
  const before: TypedPropertyDescriptor<() => string> = {
    value: () => 'charged',
    enumerable: true,
    writable: false,
    configurable: false,
  }
  const { value, ...flags } = Traced()(Orders.prototype, 'charge', before)
  expect(flags).toEqual({ enumerable: true, writable: false, configurable: false })
  expect(value).not.toBe(before.value)
})

test('a legacy decorator keeps the metadata that others have left on the method', () => {
  const metadata = new Map<unknown, Map<unknown, unknown>>()
  const reflect = {
    getMetadataKeys: (target: unknown) => [...(metadata.get(target)?.keys() ?? [])],
    getMetadata: (key: unknown, target: unknown) => metadata.get(target)?.get(key),
    defineMetadata: (key: unknown, value: unknown, target: unknown) =>
      metadata.set(target, new Map([...(metadata.get(target) ?? []), [key, value]])),
  }
  Object.assign(Reflect, reflect)
  try {
    const handler = (): string => 'ok'
    reflect.defineMetadata('path', '/orders', handler)
    const { value } = Traced()({}, 'list', { value: handler })
    expect(metadata.get(value)).toEqual(new Map([['path', '/orders']]))
  } finally {
    for (const key of Object.keys(reflect)) Reflect.deleteProperty(Reflect, key)
  }
})

test.each([
  ['without parentheses', false, 'class Orders { @Traced sum() {} }', /^name must be a string/],
  ['without parentheses', true, 'class Orders { @Traced sum() {} }', /^name must be a string/],
  ['on a field', false, 'class Orders { @Traced() sum = 1 }', /^@Traced\(\) must be on a method, got "field"/],
  ['on a field', true, 'class Orders { @Traced() sum = 1 }', /^@Traced\(\) must be on a method/],
  ['on a class', false, '@Traced() class Orders {}', /^@Traced\(\) must be on a method, got "class"/],
  ['on a class', true, '@Traced() class Orders {}', /^@Traced\(\) must be on a method/],
  ['on a getter', true, 'class Orders { @Traced() get sum() { return 1 } }', /^@Traced\(\) must be on a method/],
])('a decorator %s is refused when the class is defined (legacy: %s)', (_where, legacy, source, message) => {
  const define = (): unknown => compile(source, legacy)
  expect(define).toThrow(TracingConfigError)
  expect(define).toThrow(message)
})
