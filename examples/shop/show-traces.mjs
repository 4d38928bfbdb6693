// One trace as text: a tree, with a bar for when each span ran.
const NAME_WIDTH = 54
const BAR_WIDTH = 28

const LEVELS = { 30: 'info', 40: 'warn', 50: 'error' }

export function showTrace(trace, logs, { colours = process.stdout.hasColors?.() ?? false } = {}) {
  const paint = (code, text) => (colours ? `\u001b[${code}m${text}\u001b[0m` : text)
  const start = Math.min(...trace.map((span) => span.startMillis))
  const total = Math.max(...trace.map((span) => span.endMillis)) - start

  const bar = (span) => {
    const from = Math.min(BAR_WIDTH - 1, Math.floor(((span.startMillis - start) / total) * BAR_WIDTH))
    const length = Math.max(1, Math.round(((span.endMillis - span.startMillis) / total) * BAR_WIDTH))
    return (' '.repeat(from) + '█'.repeat(length)).slice(0, BAR_WIDTH).padEnd(BAR_WIDTH)
  }
  const line = (span, depth) => {
    const name = '  '.repeat(depth) + labelOf(span)
    const duration = `${(span.endMillis - span.startMillis).toFixed(1)} ms`
    const painted = (text) => paint(span.error ? 31 : 36, text)
    const error = span.error ? `  ${paint(31, `✗ ${span.error}`)}` : ''
    return `${span.service.padEnd(11)}${fit(name)} ${painted(bar(span))} ${duration.padStart(9)}${error}`
  }
  const lines = (parentSpanId, depth) =>
    trace
      .filter((span) => span.parentSpanId === parentSpanId)
      .flatMap((span) => [line(span, depth), ...lines(span.spanId, depth + 1)])
  const logged = logs
    .filter((entry) => entry.trace_id === trace[0].traceId)
    .map((entry) => `${entry.name.padEnd(11)}log ${LEVELS[entry.level]}: ${entry.msg}`)
  return [...lines(undefined, 0), ...logged].join('\n')
}

/** The name, or, since many queries have one name, the query. */
function labelOf({ name, attributes }) {
  return (attributes['db.query.text'] ?? attributes['db.statement'] ?? name).replace(/\s+/g, ' ')
}

function fit(name) {
  return name.length > NAME_WIDTH ? `${name.slice(0, NAME_WIDTH - 1)}…` : name.padEnd(NAME_WIDTH)
}
