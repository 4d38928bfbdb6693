// docs/benchmarks.md from the results. Pure: everything that is said of who is ahead is computed here.
import { formatNumber, formatSummary, withUnit } from './format.mjs'
import { peersAhead, summarizeRow } from './statistics.mjs'

const OURS = 'spanwright'
/** A load average above this share of the cores says that others were at work, too. */
const BUSY = 0.5

/**
 * @param rows what can be measured (rows/index.mjs)
 * @param peers `{ name, title }`, in the order of the page
 * @returns the page, and the data of its charts by their names
 */
export function benchmarksPage({ rows, peers, results }) {
  const names = peers.map(({ name }) => name)
  const all = rows.map((row) => ({
    row,
    result: results.rows[row.key] ?? {},
    summaries: summarizeRow(row, results, names),
  }))
  const skipped = all.filter(({ result }) => result.skipped)
  const sections = all.filter(({ summaries }) => summaries.some(({ ofPeer }) => ofPeer[OURS]))
  const charts = Object.fromEntries(sections.map((section) => [`bench-${section.row.key}`, chartOf(section, peers)]))
  const text = [
    '# Benchmarks',
    introduction(results),
    ahead(sections, peers),
    overview(sections, peers),
    ...sections.map((section) => details(section, peers, results)),
    ...skipped.map(({ row, result }) => `## ${row.title}\n\nNot measured: ${result.skipped}.`),
    howMeasured(results, rows, peers),
  ].join('\n\n')
  return { text: `${text}\n`, charts }
}

function introduction({ machine, rows }) {
  const measured = Object.values(rows)
  const loads = measured.map(({ load }) => load.before)
  const days = [...new Set(measured.map(({ measuredAt }) => measuredAt.slice(0, 10)))].toSorted()
  const start = measured[0]?.load.before ?? 0
  const isBusy = start > BUSY * machine.cores
  return `spanwright beside other tracers for Node.js, each in a process of its own, in rounds that alternate, sending to a backend on the same machine.
Medians, with the least and the most of all rounds. Written by \`npm run bench:peers\`, not by hand: [how it is measured](#how-it-is-measured).

> ${days.join(' and ')}, Node.js ${machine.node}, ${machine.cores} × ${machine.cpu}, ${machine.memoryGB} GB, ${machine.system}.
> Load average before the first row ${formatNumber(start)}, before the others ${formatNumber(Math.min(...loads))} to ${formatNumber(Math.max(...loads))} (the run’s own work included).
> ${
    isBusy
      ? '**The machine was busy with other work while this was measured**: compare the figures of one table with each other, and take none of them for itself.'
      : 'The machine had nothing else to do.'
  }`
}

function ahead(sections, peers) {
  const titles = Object.fromEntries(peers.map(({ name, title }) => [name, title]))
  const lines = sections.flatMap(({ row, summaries }) =>
    summaries.flatMap((summary) => {
      const better = peersAhead(summary, OURS)
      if (better.length === 0) return []
      const { label, unit } = summary.figure
      const others = better.map(
        ({ name, theirs, isClear }) =>
          `${titles[name]} ${withUnit(theirs.median, unit)}${isClear ? '' : ' (spreads touch)'}${losses(summaries, name)}`,
      )
      return [`- **${row.title}**, ${label}: ${others.join(', ')}; spanwright ${withUnit(better[0].own.median, unit)}`]
    }),
  )
  const figures = sections.flatMap(({ summaries }) =>
    summaries.filter(({ figure }) => figure.isLessBetter !== undefined),
  )
  const text =
    lines.length === 0
      ? 'In none of the figures of this page.'
      : `In ${lines.length} of ${figures.length} figures. Where the spreads touch, another run may turn them round; a row of one round has no spread.\n\n${lines.join('\n')}`
  return `## Where another tracer is ahead\n\n${text}`
}

/** What is not sent costs little: who is ahead and loses spans in the same row has that said. */
function losses(summaries, name) {
  const lost = summaries.find(({ figure }) => figure.key === 'lostPercent')?.ofPeer[name]?.median ?? 0
  return lost >= 0.1 ? ` (and loses ${withUnit(lost, '%')} of its spans)` : ''
}

/** Numbers stand to the right. */
const table = (head, lines, edge = '---:') =>
  [head, head.map((_, i) => (i === 0 ? '---' : edge)), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

const headlineOf = (summaries) => summaries.find(({ figure }) => figure.isHeadline) ?? summaries[0]
const bold = (name, text) => (name === OURS ? `**${text}**` : text)

function overview(sections, peers) {
  const shown = peers.filter(({ name }) => name !== 'none')
  const lines = sections.map(({ row, summaries }) => {
    const { figure, ofPeer } = headlineOf(summaries)
    const cells = shown.map(({ name }) => (ofPeer[name] ? bold(name, formatNumber(ofPeer[name].median)) : '—'))
    return [`[${row.title}](#${anchor(row.title)}): ${describe(figure)}`, ...cells]
  })
  return `## At a glance\n\nMedians; less is better in all of these.\n\n${table(['', ...shown.map(({ title }) => title)], lines)}`
}

const anchor = (title) =>
  title
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .replaceAll(' ', '-')
const describe = ({ label, unit, isAdded }) => `${label}${isAdded ? ', added' : ''}${unit && ` (${unit})`}`

function details({ row, result, summaries }, peers, results) {
  const isShown = ({ figure, ofPeer }, name) => ofPeer[name] && (name !== 'none' || figure.isShownForNone !== false)
  const lines = peers
    .filter(({ name }) => name !== 'none' || summaries.some((summary) => isShown(summary, name)))
    .map(({ name, title }) => [
      bold(name, title),
      ...summaries.map((summary) => (isShown(summary, name) ? bold(name, formatSummary(summary.ofPeer[name])) : '—')),
    ])
  const without = peers
    .filter(({ name }) => name !== 'none' && summaries.every(({ ofPeer }) => !ofPeer[name]))
    .map(({ name, title }) => `- ${title}: ${dashReason(row, result, results, name)}.`)
  const added = summaries.some(({ figure }) => figure.isAdded) && hasNone(summaries)
  return [
    `## ${row.title}`,
    row.text,
    ...(added ? ['“No tracing” is the whole, each of the others what it adds to that.'] : []),
    `![${row.title}](images/bench-${row.key}.svg)`,
    table(['', ...summaries.map(({ figure }) => describe(figure))], lines),
    ...(without.length > 0 ? [without.join('\n')] : []),
  ].join('\n\n')
}

const hasNone = (summaries) => summaries.some(({ figure, ofPeer }) => figure.isAdded && ofPeer.none)

function dashReason(row, { dashes = {} }, { failures }, name) {
  return failures[name] ?? row.dashes?.[name] ?? dashes[name] ?? 'not measured'
}

function chartOf({ row, summaries }, peers) {
  const { figure, ofPeer } = headlineOf(summaries)
  const bars = peers
    .filter(({ name }) => name !== 'none')
    .map(({ name, title }) => ({ label: title, summary: ofPeer[name], isOwn: name === OURS }))
  return { title: `${row.title}: ${describe(figure)}, less is better`, unit: figure.unit, bars }
}

function howMeasured({ machine, versions, rows: measured, failures }, rows, peers) {
  const packages = peers
    .filter(({ name }) => Object.keys(versions[name] ?? {}).length > 0)
    .map(({ name, title }) => [
      title,
      Object.entries(versions[name])
        .map(([one, version]) => `${one} ${version}`)
        .join(', '),
    ])
  const failed = Object.entries(failures).map(
    ([name, reason]) => `- ${peers.find((peer) => peer.name === name).title}: ${reason}.`,
  )
  const runs = rows
    .filter(({ key }) => measured[key])
    .map(({ key, title }) => {
      const { rounds, seconds, load } = measured[key]
      return [title, rounds, formatNumber(seconds), `${formatNumber(load.before)} → ${formatNumber(load.after)}`]
    })
  return `## How it is measured

\`\`\`sh
npm run bench:peers                                 # everything: this page, its charts, and bench/peers/results.json
npm run bench:peers -- --only boot,exits --rounds 9 # these rows again; the others stay as they are
npm run bench:peers -- --quick                      # one round of each, into a temporary folder
npm run bench:peers -- --render bench/peers/results.json
\`\`\`

- Every tracer is installed by npm in a folder of its own outside of the repository, in the versions of \`bench/peers/versions.json\`;
  spanwright as \`npm pack\` makes it. Each is started as its documentation says, and sends over HTTP, OpenTelemetry’s as protobuf.
- The backends are on loopback, decode what they get and count each span once. Metrics, logs, telemetry and cloud detectors are off.
- The services of the HTTP rows live side by side and are loaded in turn, in short blocks; their CPU time counts until the spans are sent.
- A sample that is “added” is the difference to plain node in the same round.
- dd-trace has no public flush: it is given 5 ms where the others flush, and 2.6 s at the end.
- PostgreSQL: ${machine.postgres ?? 'not installed'}.

${table(['', 'packages'], packages, '---')}${failed.length > 0 ? `\n\n${failed.join('\n')}` : ''}

${table(['row', 'rounds', 'seconds', 'load average, before → after'], runs)}`
}
