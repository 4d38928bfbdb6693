import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { REPOSITORY } from '../helpers/traced-app.js'

/**
 * A fenced block. Words behind the language say what becomes of it: nothing there, and it is run; `fragment`, and it is
 * only compiled, since it needs what the page does not show; `example`, and it is only read (a cluster, a cloud);
 * `output`, and it is what the command before it writes.
 */
export interface Block {
  readonly page: string
  readonly line: number
  readonly language: string
  readonly words: readonly string[]
  readonly code: string
}

const FENCED = /^```(\w+)(?: ([^\n]*))?\n([^]*?)^```$/gm

export function blocksOf(page: string): Block[] {
  const text = readFileSync(join(REPOSITORY, page), 'utf8')
  return [...text.matchAll(FENCED)].map(({ index, 1: language = '', 2: words = '', 3: code = '' }) => ({
    page,
    line: text.slice(0, index).split('\n').length,
    language,
    words: words.split(' ').filter((word) => word !== ''),
    code,
  }))
}

/** Names of spans that a page promises, in a comment that readers don't see: `<!-- spans: GET /orders/:id; load order -->`. */
export function promisedSpans(page: string): string[] {
  const text = readFileSync(join(REPOSITORY, page), 'utf8')
  return [...text.matchAll(/<!-- spans: ([^>]*) -->/g)].flatMap(([, names = '']) => names.split('; '))
}

/** The name of the file that a block is: in a comment in its first line, or behind the language. */
export function fileNameOf({ code, words }: Block): string | undefined {
  const [, name] = /^(?:\/\/|#) ([\w./-]+\.[a-z]{2,4})\b/.exec(code) ?? []
  return name ?? words.find((word) => /^[\w./-]+\.[a-z]{2,4}$/.test(word))
}

/** The commands of a shell block: lines, with those that end in `\` joined, without comments and what installs packages. */
export function commandsOf({ code }: Block): string[] {
  return code
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '' && !/^(npm (install|i|ci|pack)|mkdir|cd)\b/.test(line))
}

/** What is the same in each run: without ids, numbers, bars and padding. */
export function comparable(text: string): string[] {
  return text
    .split('\n')
    .map((line) =>
      line
        .replace(/\b[0-9a-f]{16,}\b/g, '#')
        .replace(/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, '#')
        .replace(/[█▒░▓]+/g, '')
        .replace(/\d[\d,]*(\.\d+)?/g, '0')
        .replace(/\b0 (µs|ms|s)\b/g, '0 ms')
        .replace(/\s+/g, ' ')
        .trim(),
    )
    .filter((line) => line !== '')
}
