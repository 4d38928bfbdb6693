// A bar chart as SVG, which stands on a card of its own, so that it can be read on a dark and on a light page.
import { withUnit } from './format.mjs'

const WIDTH = 640
const BAR = { left: 170, width: 350, height: 14, step: 24 }
const TOP = 44
const STYLE = `
  .card { fill: #ffffff; stroke: #d0d7de }
  text { font: 12px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600; font-size: 13px }
  .bar { fill: #8c959f }
  .own { fill: #0969da }
  .spread { stroke: #1f2328; stroke-opacity: 0.7 }
  @media (prefers-color-scheme: dark) {
    .card { fill: #0d1117; stroke: #3d444d }
    text { fill: #f0f6fc }
    .bar { fill: #656c76 }
    .own { fill: #4493f8 }
    .spread { stroke: #f0f6fc }
  }`

const escapeXml = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
const round = (value) => Number(value.toFixed(1))

/**
 * @param bars `{ label, summary, isOwn }`, in the order of the page; without a summary the bar is a dash
 */
export function barChart({ title, unit, bars }) {
  const most = Math.max(...bars.map(({ summary }) => summary?.max ?? 0), 1e-9)
  const scale = (value) => round((BAR.width * Math.max(0, value)) / most)
  const height = TOP + bars.length * BAR.step + 8
  const lines = bars.flatMap(({ label, summary, isOwn }, i) =>
    barLines(label, summary, isOwn, TOP + i * BAR.step, { unit, scale }),
  )
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<style>${STYLE}\n</style>`,
    `<rect class="card" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="6"/>`,
    `<text class="title" x="16" y="26">${escapeXml(title)}</text>`,
    ...lines,
    '</svg>',
  ].join('\n')}\n`
}

function barLines(label, summary, isOwn, y, { unit, scale }) {
  const baseline = y + 11
  const name = `<text x="${BAR.left - 10}" y="${baseline}" text-anchor="end">${escapeXml(label)}</text>`
  if (!summary) return [name, `<text x="${BAR.left}" y="${baseline}">—</text>`]
  const middle = y + BAR.height / 2
  const ends = [scale(summary.min), scale(summary.max)]
  return [
    name,
    `<rect class="${isOwn ? 'own' : 'bar'}" x="${BAR.left}" y="${y}" width="${Math.max(1, scale(summary.median))}" height="${BAR.height}" rx="2"/>`,
    ...(ends[0] === ends[1]
      ? []
      : [`<line class="spread" x1="${BAR.left + ends[0]}" x2="${BAR.left + ends[1]}" y1="${middle}" y2="${middle}"/>`]),
    `<text x="${BAR.left + Math.max(1, scale(summary.median), ends[1]) + 8}" y="${baseline}">${escapeXml(withUnit(summary.median, unit))}</text>`,
  ]
}
