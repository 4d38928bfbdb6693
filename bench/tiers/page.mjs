// The tables of docs/scaling.md.
import { GATEWAY, limitsOf, RATES, sizeOf } from './model.mjs'

/** Figure, text, unit. The page shows them rounded like this, and the model takes what the page shows. */
const FIGURES = [
  ['wireBytes', 'on the wire, as OTLP', 'bytes a span', 0],
  ['gzippedBytes', 'on the wire, with `OTEL_EXPORTER_OTLP_COMPRESSION=gzip`', 'bytes a span', 0],
  ['agentMicros', 'agent', 'µs of CPU time a span', 1],
  ['agentBytes', 'agent, at most in memory', 'MiB', 0, 2 ** 20],
  ['gatewayMicros', 'gateway, with tail sampling and span metrics', 'µs of CPU time a span', 1],
  ['gatewayIdleBytes', 'gateway, in memory without load', 'MiB', 0, 2 ** 20],
  ['waitingBytes', 'gateway, in memory for each span that waits', 'bytes', 0],
  ['decisionWaitSeconds', '`decision_wait`', 's', 0],
  ['keptShare', 'kept by the policies: errors, slow, 10 % of the rest', '%', 1, 0.01],
  ['badgerMicros', 'Jaeger with badger', 'µs of CPU time a span', 1],
  ['badgerBytes', 'badger, on disk', 'bytes a span', 0],
  ['jaegerMicros', 'Jaeger on OpenSearch, itself', 'µs of CPU time a span', 1],
  ['openSearchMicros', 'OpenSearch', 'µs of CPU time a span', 1],
  ['openSearchBytes', 'OpenSearch, on disk, without replicas', 'bytes a span', 0],
]

export function figuresTable(figures) {
  const rows = FIGURES.map(([key, text, unit, digits, scale = 1]) => [
    text,
    `${grouped(Number((figures[key] / scale).toFixed(digits)))} ${unit}`,
  ])
  return table(['What one span costs', 'measured'], rows)
}

/** The figures as the page has them. */
export function figuresIn(page) {
  const entries = FIGURES.map(([key, text, , , scale = 1]) => {
    const row = page.split('\n').find((line) => line.startsWith(`| ${text} `))
    const number = /\| ([\d,.]+) \S/.exec(row ?? '')?.[1]
    if (number === undefined) throw new Error(`the page has no figure "${text}"`)
    return [key, Number(number.replaceAll(',', '')) * scale]
  })
  return Object.fromEntries(entries)
}

export function modelTable(figures) {
  const sizes = RATES.map((rate) => sizeOf(rate, figures))
  const row = (text, show) => [text, ...sizes.map(show)]
  return table(
    ['', ...RATES.map((rate) => `${grouped(rate)} spans/s`)],
    [
      row('services → agents', (size) => `${bytes(size.wireBytesASecond)}/s`),
      row('… gzipped', (size) => `${bytes(size.gzippedBytesASecond)}/s`),
      row('agents, all together', (size) => cores(size.agentCores)),
      row('gateways, all together', (size) => cores(size.gatewayCores)),
      row('traces that wait for a decision', (size) => rounded(size.waitingTraces)),
      row('… in memory', (size) => bytes(size.waitingBytes)),
      row(`gateways of ${GATEWAY.cores} cores and ${GATEWAY.gibibytes} GiB`, (size) => rounded(size.gateways)),
      row('… that are full first of', (size) => size.gatewayLimit),
      row('… `num_traces` of each, twice what waits', (size) => rounded(2 * size.tracesAGateway)),
      row('kept, spans a second', (size) => rounded(size.keptSpans)),
      row('Jaeger', (size) => cores(size.jaegerCores)),
      row('OpenSearch', (size) => cores(size.openSearchCores)),
      row('OpenSearch, a day', (size) => bytes(size.openSearchBytesADay)),
      row('… if every trace were kept', (size) => bytes(size.allBytesADay)),
    ],
  )
}

export function limitsTable(figures) {
  const limits = limitsOf(figures)
  const usable = `${GATEWAY.utilization * 100} % of ${GATEWAY.gibibytes} GiB`
  return table(
    ['What is full', 'at so many spans a second'],
    [
      ['a core of an agent', rounded(limits.agentCore)],
      ['a core of a gateway', rounded(limits.gatewayCore)],
      [`a gateway's memory, ${usable}`, rounded(limits.gatewayMemory)],
      ['a core of Jaeger with badger, of kept spans', rounded(limits.badgerCore)],
      ['a core of Jaeger and OpenSearch together, of kept spans', rounded(limits.openSearchCore)],
    ],
  )
}

const TABLES = { figures: figuresTable, model: modelTable, limits: limitsTable }

/** The page with its tables made anew. */
export function withTables(page, figures) {
  // What the page shows is what the others are made of.
  const measured = fill(page, 'figures', figuresTable(figures))
  const shown = figuresIn(measured)
  return Object.entries(TABLES).reduce((text, [name, make]) => fill(text, name, make(shown)), measured)
}

function fill(page, name, text) {
  const block = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- end -->)`)
  if (!block.test(page)) throw new Error(`the page has no place for ${name}`)
  return page.replace(block, (_, begin, end) => `${begin}\n${text}\n${end}`)
}

const grouped = (number) => number.toLocaleString('en-US')

/** Two digits are what such a model is worth. */
function rounded(number) {
  return grouped(Number(number.toPrecision(2)))
}

const cores = (number) => (number < 0.095 ? '0.1 cores at most' : `${rounded(number)} cores`)

function bytes(number) {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB']
  const power = Math.min(units.length - 1, Math.floor(Math.log10(number) / 3))
  return `${rounded(number / 1_000 ** power)} ${units[power]}`
}

function table(head, rows) {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(3, ...all.map((row) => row[column].length)))
  const line = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |\n`
  return line(head) + line(widths.map((width) => '-'.repeat(width))) + rows.map(line).join('')
}
