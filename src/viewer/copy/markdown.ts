import type { TraceAnalysis } from '../analysis/trace-analysis.js'
import type { Finding } from '../model/finding.js'
import type { RowView } from '../rows/row-view.js'

const MOST_ROWS = 80

interface Told {
  readonly analysis: TraceAnalysis
  readonly findings: readonly Finding[]
  readonly rows: readonly RowView[]
  readonly duration: (micros: number) => string
  /** As it is, rather than without literals and query strings. */
  readonly hasValues: boolean
}

/** A trace for an issue or a chat. Without values unless asked for: they may be secret, and the reader seldom needs them. */
export function markdownOf({ analysis, findings, rows, duration, hasValues }: Told): string {
  const shown = hasValues ? oneLine : (text: string): string => masked(oneLine(text))
  const { mainRoot, answeredMicros, nodes, services, traceId } = analysis
  const title = mainRoot ? `${mainRoot.span.resource.service} ${mainRoot.span.name}` : traceId
  const lines = [
    `**${escaped(shown(title))}** · ${answeredMicros === undefined ? 'not ended' : duration(answeredMicros)} · ` +
      `${nodes.length} spans · ${services.length} services · \`${traceId}\``,
    '',
    ...findings.map(({ id, sentence }) => `- ${id}: ${shown(sentence)}`),
    ...(findings.length > 0 ? [''] : []),
    '```text',
    ...rows.slice(0, MOST_ROWS).map((row) => {
      const name = `${'  '.repeat(row.level - 1)}${row.isError ? '✗ ' : ''}${row.service} ${row.name}`.replaceAll(
        '`',
        "'",
      )
      const count = row.count > 1 ? ` ×${row.count}` : ''
      const onPath = row.path.length > 0 ? '  ← path' : ''
      return `${shown(name)}${count}  ${row.hasEnded ? duration(row.durationMicros) : '…'}${onPath}`
    }),
    ...(rows.length > MOST_ROWS ? [`… ${rows.length - MOST_ROWS} more rows`] : []),
    '```',
  ]
  return `${lines.join('\n')}\n`
}

/** Texts and numbers of statements, and query strings of URLs. */
function masked(text: string): string {
  return text
    .replace(/(\bhttps?:\/\/[^\s?]+|(?<=\s)\/[^\s?]*)\?\S*/g, '$1?…')
    .replace(/'(?:[^']|'')*'/g, '?')
    .replace(/(?<==\s*)\d+(\.\d+)?/g, '?')
}

/** Spaces that a name begins with are its indentation. */
function oneLine(text: string): string {
  return text.replace(/(?<=\S)\s+/g, ' ')
}

function escaped(text: string): string {
  return text.replace(/[*_<>[\]\\]/g, String.raw`\$&`)
}
