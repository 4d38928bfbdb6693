// How long the viewer's page takes to open a trace of 10,000 spans, and from a key press to the next paint: the built command,
// its page, and Chromium. Goals on an idle machine: 300 ms and 50 ms. "Whole" is once all spans are there: the minimap, the keys.
// `npm run bench:view`; alone, it takes a number of spans, and the folder of another build to compare with.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { chromium } from 'playwright-core'

const SPANS = Number(process.argv[2] ?? 10_000)
const DIST = process.argv[3] ?? 'dist'
const RUNS = 7

const port = await freePort()
const url = `http://127.0.0.1:${port}`
const viewer = spawn(process.execPath, [`${DIST}/cli.cjs`, 'view', '--port', String(port)], { stdio: 'ignore' })
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
try {
  const traceId = await send(otlp(SPANS))
  const opened = []
  const whole = []
  const pressed = []
  const worked = []
  for (let run = 0; run < RUNS; run++) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    await page.goto(`${url}/`)
    await page.locator('.trace-row a').first().waitFor()
    const metrics = await page.context().newCDPSession(page)
    await metrics.send('Performance.enable', { timeDomain: 'threadTicks' })
    const before = await cpuMillis(metrics)
    const times = await page.evaluate(openAndWait)
    opened.push(times[0])
    whole.push(times[1])
    worked.push((await cpuMillis(metrics)) - before)
    for (const key of ['j', 'j', 'ArrowLeft', 'ArrowRight', 'End', 'k', '+', '0', 'Home', 'E']) {
      pressed.push(await page.evaluate(pressAndWait, key))
    }
    await page.close()
  }
  console.log(
    `${SPANS} spans, trace ${traceId.slice(0, 8)}: opens in ${spread(opened)}, whole in ${spread(whole)}, of it CPU time of the page ${spread(worked)}; key to paint ${spread(pressed)}`,
  )
} finally {
  await browser.close()
  viewer.kill()
}

/** What the page's main thread has worked: unlike the time that passed, the same on a busy machine. */
async function cpuMillis(session) {
  const { metrics } = await session.send('Performance.getMetrics')
  return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1000
}

/** From the click on the row to the first paint with rows of spans, and to the one with all of the trace. */
async function openAndWait() {
  const { performance, document, requestAnimationFrame, setTimeout } = globalThis
  const start = performance.now()
  document.querySelector('.trace-row a').click()
  while (!document.querySelector('.span-row .label')) await new Promise((resume) => setTimeout(resume, 1))
  await new Promise((resume) => requestAnimationFrame(() => setTimeout(resume)))
  const opened = performance.now() - start
  while (!document.querySelector('.minimap canvas')) await new Promise((resume) => setTimeout(resume, 1))
  await new Promise((resume) => requestAnimationFrame(() => setTimeout(resume)))
  return [opened, performance.now() - start]
}

async function pressAndWait(key) {
  const { performance, document, requestAnimationFrame, setTimeout, KeyboardEvent } = globalThis
  const start = performance.now()
  document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
  await new Promise((resume) => requestAnimationFrame(() => setTimeout(resume)))
  return performance.now() - start
}

function spread(times) {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share) => sorted[Math.min(Math.floor(share * sorted.length), sorted.length - 1)].toFixed(0)
  return `${at(0.5)} ms (median of ${sorted.length}, ${at(0)} to ${at(1)})`
}

async function send(body) {
  for (let attempt = 0; ; attempt++) {
    try {
      const answer = await fetch(`${url}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
      return body.resourceSpans[0].scopeSpans[0].spans[0].traceId
    } catch (error) {
      if (attempt === 200) throw error
      await new Promise((resume) => setTimeout(resume, 50))
    }
  }
}

/** A root, ten spans below it for each hundred, and queries below those. */
function otlp(count) {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  const id = (n) => (n + 1).toString(16).padStart(16, '0')
  const start = 1_700_000_000_000_000_000n
  const nanos = (micros) => String(start + BigInt(Math.round(micros * 1000)))
  const text = (key, stringValue) => ({ key, value: { stringValue } })
  const spans = Array.from({ length: count }, (_, n) => {
    const group = Math.floor((n - 1) / 10)
    const isStep = n > 0 && (n - 1) % 10 === 0
    const from = n === 0 ? 0 : isStep ? group * 1100 : group * 1100 + ((n - 1) % 10) * 100
    const took = n === 0 ? Math.ceil(count / 10) * 1100 : isStep ? 1050 : 90
    return {
      traceId,
      spanId: id(n),
      ...(n === 0 ? {} : { parentSpanId: isStep ? id(0) : id(group * 10 + 1) }),
      name: n === 0 ? 'GET /report' : isStep ? `step ${group}` : `query ${n % 10} of ${group % 50}`,
      kind: n === 0 ? 2 : isStep ? 1 : 3,
      startTimeUnixNano: nanos(from),
      endTimeUnixNano: nanos(from + took),
      attributes:
        n === 0 || isStep
          ? []
          : [
              text('db.system.name', 'postgresql'),
              text('db.query.text', `SELECT ${n % 10} FROM table_${group % 50} WHERE id = ${n}`),
            ],
    }
  })
  return {
    resourceSpans: [{ resource: { attributes: [text('service.name', 'storefront')] }, scopeSpans: [{ spans }] }],
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}
