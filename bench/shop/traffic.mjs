// Customers of the shop, to loopback alone. They come whether the shop keeps up or not; times between them are exponentially
// distributed, and the same in each round.
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { seeded } from '../seeded.mjs'

const FINE_CARD = '4242424242424242'
const DECLINED_CARD = '4000000000000002'
const checkout = (card) => ({
  path: '/checkout',
  body: { items: [{ sku: 'beans', quantity: 2 }], card },
  status: card === FINE_CARD ? 201 : 402,
})

/** Of a hundred customers, and what the shop answers them. */
const CUSTOMERS = [
  { of100: 55, path: '/products', status: 200 },
  { of100: 25, path: '/orders/A-1001', status: 200 },
  { of100: 15, ...checkout(FINE_CARD) },
  { of100: 5, ...checkout(DECLINED_CARD) },
]

/** More of them wait on the customers' side: a shop that does not keep up must not take all ports of the machine. */
const MOST_CONNECTIONS = 64

/** Sends customers for some seconds; returns how long each answer took, and how many were wrong. */
export async function sendCustomers(url, { perSecond, seconds, seed = 1 }) {
  const agent = new Agent({ keepAlive: true, maxSockets: MOST_CONNECTIONS })
  const random = seeded(seed)
  const millis = []
  let wrong = 0
  const visits = []
  const began = performance.now()
  for (let due = 0; due < seconds * 1_000; due -= (Math.log(1 - random()) * 1_000) / perSecond) {
    const customer = customerOf(random() * 100)
    await sleep(Math.max(0, began + due - performance.now()))
    const cameAt = performance.now()
    visits.push(
      visit(url, customer, agent).then(
        (status) => {
          millis.push(performance.now() - cameAt)
          if (status !== customer.status) wrong += 1
        },
        () => (wrong += 1),
      ),
    )
  }
  await Promise.all(visits)
  agent.destroy()
  return { customers: visits.length, wrong, millis: millis.sort((a, b) => a - b) }
}

function customerOf(draw) {
  let sum = 0
  return CUSTOMERS.find(({ of100 }) => draw < (sum += of100))
}

function visit(url, { path, body }, agent) {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' }
    const sent = request(url + path, { method: body ? 'POST' : 'GET', headers, agent }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode))
    })
    sent.on('error', reject).end(body && JSON.stringify(body))
  })
}
