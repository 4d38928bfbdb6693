import { format } from 'node:util'

const MOST_READ = 2_000
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu
const ZERO_WIDTH_JOINER = '\u200d'

/**
 * One line without anything a terminal acts upon: white space becomes a space; escape, backspace and their like become
 * their visible pictures; what reorders or hides text (bidirectional overrides, zero-width characters) a �.
 */
export function clean(given: unknown): string {
  const text = textOf(given)
  const short = text.length > MOST_READ ? `${text.slice(0, MOST_READ)}…` : text
  return short.replace(/\s+/g, ' ').replace(INVISIBLE, visible).trim()
}

function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return `(${value.length} bytes)`
  if (typeof value === 'string') return value
  return typeof value === 'object' ? JSON.stringify(value) : format(value)
}

function visible(character: string): string {
  const code = character.charCodeAt(0)
  if (code < 0x20) return String.fromCharCode(0x2400 + code)
  if (code === 0x7f) return '␡'
  return character === ZERO_WIDTH_JOINER ? character : '�'
}

/** ASCII and what is drawn here: one cell each, without the cost of asking Unicode. */
const NARROW = /^[\x20-\x7e\u2500-\u259f\u2717\u00d7\u2026\u2192\u00b5]*$/
const WIDE =
  /\p{Emoji_Presentation}|\ufe0f|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u
const ONLY_MARKS = /^\p{M}+$/u
let segmenter: Intl.Segmenter | undefined

/** Characters as a reader sees them, each with the terminal cells it takes. */
function* cellsOf(text: string): Generator<[character: string, cells: number]> {
  if (NARROW.test(text)) {
    for (const character of text) yield [character, 1]
    return
  }
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  for (const { segment } of segmenter.segment(text)) {
    yield [segment, WIDE.test(segment) ? 2 : ONLY_MARKS.test(segment) ? 0 : 1]
  }
}

export function widthOf(text: string): number {
  if (NARROW.test(text)) return text.length
  let width = 0
  for (const [, cells] of cellsOf(text)) width += cells
  return width
}

/** At most so many cells, the last of them … when something had to go. */
export function cut(text: string, cells: number): string {
  if (widthOf(text) <= cells) return text
  let line = ''
  let width = 1
  for (const [character, wide] of cellsOf(text)) {
    width += wide
    if (width > cells) break
    line += character
  }
  return `${line}…`
}

/** Lines of at most so many cells, broken between words where there are any; the last ends in … when the text goes on. */
export function wrap(text: string, cells: number, mostLines: number): string[] {
  const lines: string[] = []
  let line = ''
  let width = 0
  for (const [character, wide] of cellsOf(text)) {
    if (width + wide > cells) {
      if (lines.length + 1 === mostLines) return [...lines, cut(`${line}……`, cells)]
      const space = line.lastIndexOf(' ')
      const end = space > line.length / 2 ? space : line.length
      lines.push(line.slice(0, end))
      line = line.slice(end).trimStart()
      width = widthOf(line)
    }
    line += character
    width += wide
  }
  return [...lines, line.trimEnd()]
}
