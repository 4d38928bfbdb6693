import { Agent, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

const agent = new Agent({ keepAlive: true, maxSockets: 4 })

function request(port) {
  return new Promise((resolve, reject) => {
    const sent = get({ host: '127.0.0.1', port, path: '/items/7', agent }, (response) => {
      response.resume().on('end', resolve)
    })
    sent.on('error', reject)
  })
}

/** As fast as they are answered, a few at once. */
export async function warmUp(port, requests) {
  let left = requests
  const caller = async () => {
    while (left-- > 0) await request(port)
  }
  await Promise.all(Array.from({ length: agent.maxSockets }, caller))
}

/** At an even rate, however long the answers take. */
export async function load(port, { requests, perSecond }) {
  const start = performance.now()
  const answers = []
  for (let i = 0; i < requests; i++) {
    await sleep(Math.max(0, start + (i * 1_000) / perSecond - performance.now()))
    answers.push(request(port))
  }
  await Promise.all(answers)
}
