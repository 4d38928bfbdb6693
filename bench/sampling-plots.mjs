// Draws what is kept over time under a step, bursts and a sinusoid, beside a token bucket and OpenTelemetry's ratio sampler,
// into docs/sampling/*.svg. Seeded and in virtual time: the same pictures each run.
import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api'
import { TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace'
import { writeFileSync } from 'node:fs'
import {
  adjustedCount,
  anyOf,
  dynamicSampler,
  parentBased,
  probabilitySampler,
  rateLimitingSampler,
  ruleBasedSampler,
} from 'spanwright'
import { seeded } from './seeded.mjs'

const LIMIT = 50
const SECONDS = 120

const LOADS = {
  step: (second) => (second < 40 ? 0.8 * LIMIT : second < 80 ? 10 * LIMIT : 2 * LIMIT),
  burst: (second) => (second % 30 < 20 ? 0.1 * LIMIT : 20 * LIMIT),
  sinusoid: (second) => LIMIT * (5.5 - 4.5 * Math.cos((second * Math.PI) / 30)),
}

const COLORS = ['#0b6e99', '#c2571a', '#7a7a7a']

/** What most rate limiters are: keeps while there is a token, and says nothing of probability. */
function tokenBucket(perSecond, clock) {
  let tokens = perSecond
  let last = 0
  return {
    shouldSample() {
      const now = clock.nowMillis() / 1_000
      tokens = Math.min(perSecond, tokens + perSecond * (now - last))
      last = now
      if (tokens < 1) return { decision: 0 }
      tokens -= 1
      return { decision: 2 }
    },
  }
}

function traceId(random) {
  const part = () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0')
  return part() + part() + part() + part()
}

/** Traces kept in each second, and what they add up to by their weights. */
function simulate(makeSampler, rate) {
  const clock = { seconds: 0, nowMillis: () => clock.seconds * 1_000 }
  const sampler = makeSampler(clock)
  const random = seeded(42)
  const peak = 20 * LIMIT
  const kept = new Array(SECONDS).fill(0)
  const arrived = new Array(SECONDS).fill(0)
  let estimate = 0
  for (;;) {
    clock.seconds -= Math.log(1 - random()) / peak
    if (clock.seconds >= SECONDS) break
    if (random() * peak > rate(clock.seconds)) continue
    const second = Math.floor(clock.seconds)
    arrived[second] += 1
    const name = `GET /${Math.floor(20 * random() ** 3)}`
    const { decision, traceState } = sampler.shouldSample(ROOT_CONTEXT, traceId(random), name, SpanKind.SERVER, {}, [])
    if (decision !== 2) continue
    kept[second] += 1
    estimate += adjustedCount({ spanContext: () => ({ traceFlags: 1, traceState }) })
  }
  return { kept, arrived, estimate }
}

const WIDTH = 760
const HEIGHT = 220
const LEFT = 56
const TOP = 34
const PLOT_WIDTH = WIDTH - LEFT - 16
const PLOT_HEIGHT = HEIGHT - TOP - 34

function line(values, top, color, width, dash = '') {
  const points = values.map((value, second) => {
    const x = LEFT + (PLOT_WIDTH * (second + 0.5)) / SECONDS
    const y = TOP + PLOT_HEIGHT * (1 - Math.min(value, top) / top)
    return `${x.toFixed(1)},${y.toFixed(1)}`
  })
  const stroke = `stroke="${color}" stroke-width="${width}"${dash && ` stroke-dasharray="${dash}"`}`
  return `<polyline fill="none" ${stroke} points="${points.join(' ')}"/>`
}

function text(x, y, content, { color = '#333', anchor = 'start' } = {}) {
  return `<text x="${x}" y="${y}" fill="${color}" text-anchor="${anchor}">${content}</text>`
}

function panel(title, series, limit) {
  const top = 3 * LIMIT
  const parts = [text(LEFT, 16, title)]
  for (const value of [0, LIMIT, 2 * LIMIT, 3 * LIMIT]) {
    const y = TOP + PLOT_HEIGHT * (1 - value / top)
    parts.push(`<line x1="${LEFT}" x2="${LEFT + PLOT_WIDTH}" y1="${y}" y2="${y}" stroke="#ddd"/>`)
    parts.push(text(LEFT - 6, y + 4, `${value}/s`, { anchor: 'end' }))
  }
  for (const second of [0, 30, 60, 90, 120]) {
    parts.push(text(LEFT + (PLOT_WIDTH * second) / SECONDS, HEIGHT - 18, `${second} s`, { anchor: 'middle' }))
  }
  if (limit) parts.push(line(new Array(SECONDS).fill(LIMIT), top, '#333', 1, '4 4'))
  for (const { kept, color } of series.toReversed()) parts.push(line(kept, top, color, 1.6))
  let x = LEFT
  series.forEach(({ name, color, estimate, arrived }) => {
    const error = (100 * estimate) / arrived.reduce((a, b) => a + b) - 100
    const label = `${name} (count ${error < 0 ? '−' : '+'}${Math.abs(error).toFixed(1)} %)`
    parts.push(text(x, HEIGHT - 2, label, { color }))
    x += 12 + label.length * 6.9
  })
  return parts.join('\n')
}

const PAGES = {
  'rate-limiting': {
    name: 'rateLimitingSampler',
    make: (clock) => rateLimitingSampler({ maxTracesPerSecond: LIMIT, clock }),
  },
  dynamic: { name: 'dynamicSampler', make: (clock) => dynamicSampler({ goalTracesPerSecond: LIMIT, clock }) },
  probability: { name: 'probabilitySampler 10 %', make: () => probabilitySampler(0.1) },
  'parent-based': {
    name: 'parentBased(50/s)',
    make: (clock) => parentBased(rateLimitingSampler({ maxTracesPerSecond: LIMIT, clock })),
  },
  'any-of': {
    name: 'anyOf(1 %, 20/s)',
    make: (clock) => anyOf(probabilitySampler(0.01), rateLimitingSampler({ maxTracesPerSecond: 20, clock })),
  },
  'rule-based': {
    name: 'rules (1 %, 40/s)',
    make: (clock) =>
      ruleBasedSampler([{ name: 'GET /0', sampler: probabilitySampler(0.01) }], {
        fallback: rateLimitingSampler({ maxTracesPerSecond: 40, clock }),
      }),
  },
}

for (const [page, { name, make }] of Object.entries(PAGES)) {
  const panels = Object.entries(LOADS).map(([load, rate], index) => {
    const series = [
      { name, make },
      { name: 'token bucket', make: (clock) => tokenBucket(LIMIT, clock) },
      { name: 'stock ratio 10 %', make: () => new TraceIdRatioBasedSampler(0.1) },
    ].map((one, place) => ({ ...one, color: COLORS[place], ...simulate(one.make, rate) }))
    const title = `${load}: traces kept a second; the dashed line is 50/s; in brackets, how far the count is off`
    return `<g transform="translate(0 ${index * (HEIGHT + 12)})">\n${panel(title, series, true)}\n</g>`
  })
  const height = panels.length * (HEIGHT + 12) + 8
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12">
<title>Traces kept over time by ${name}, a token bucket and OpenTelemetry's ratio sampler</title>
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
${panels.join('\n')}
</svg>
`
  writeFileSync(new URL(`../docs/sampling/${page}.svg`, import.meta.url), svg)
  console.log(`docs/sampling/${page}.svg`)
}
