import { expect, test } from 'tstyche'
import { withFlush } from '../../src/serverless/with-flush.js'

interface Order {
  id: number
}
declare function load(id: number): Promise<Order>

test('the arguments and the result are those of the handler', () => {
  expect(withFlush(load)).type.toBe<(id: number) => Promise<Order>>()
  expect(withFlush(async (id: number) => await load(id))).type.toBe<(id: number) => Promise<Order>>()
})

test('a result that is no promise becomes one', () => {
  expect(withFlush(() => 1)).type.toBe<() => Promise<number>>()
  expect(withFlush(() => {})).type.toBe<() => Promise<void>>()
})

test('wrong uses are errors', () => {
  expect(withFlush).type.not.toBeCallableWith()
  expect(withFlush).type.not.toBeCallableWith('index.handler')
  expect(withFlush).type.not.toBeCallableWith(load, { timeout: 1 })
  expect(withFlush).type.not.toBeCallableWith(load, { timeoutMillis: '1' })
})
