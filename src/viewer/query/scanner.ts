import type { Place, Value } from './query.js'

export class SyntaxFault extends Error {
  readonly place: Place

  constructor(message: string, place: Place) {
    super(message)
    this.place = place
  }
}

/** The text of a query, and where it is being read. */
export class Scanner {
  at = 0
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  isAtEnd(): boolean {
    return this.at >= this.#text.length
  }

  isNext(text: string): boolean {
    return this.#text.startsWith(text, this.at)
  }

  isNextWord(word: string): boolean {
    const after = this.#text[this.at + word.length]
    return this.isNext(word) && (after === undefined || /[\s(){}]/.test(after))
  }

  takeWord(word: string): boolean {
    if (!this.isNextWord(word)) return false
    this.at += word.length
    this.skipSpace()
    return true
  }

  /** A `-` that belongs to what follows. */
  takeMinus(): boolean {
    const isThere = /^-\S/.test(this.#text.slice(this.at, this.at + 2))
    if (isThere) this.at += 1
    return isThere
  }

  skipSpace(): void {
    while (!this.isAtEnd() && /\s/.test(this.#text[this.at] ?? '')) this.at += 1
  }

  /** All up to the first of the excluded characters; quoted where a quote comes next. */
  takeText(excluded: RegExp): Value {
    if (this.isNext('"')) return this.#takeQuoted()
    const start = this.at
    while (!this.isAtEnd() && !excluded.test(this.#text[this.at] ?? ' ')) this.at += 1
    return { text: this.#text.slice(start, this.at), isQuoted: false, start, end: this.at }
  }

  #takeQuoted(): Value {
    const start = this.at
    let text = ''
    for (let at = start + 1; at < this.#text.length; at += 1) {
      const isEscape = this.#text[at] === '\\' && /["\\]/.test(this.#text[at + 1] ?? '')
      if (isEscape) at += 1
      else if (this.#text[at] === '"') {
        this.at = at + 1
        return { text, isQuoted: true, start, end: this.at }
      }
      text += this.#text[at] ?? ''
    }
    return this.fail('this quote is never closed', start, this.#text.length)
  }

  /** `/users/*` begins like a regular expression and is none: only a slash that ends the value makes one. */
  takeRegex(): Value | undefined {
    const start = this.at
    const [text, source] = /^\/((?:[^/\\]|\\.)+)\/(?=[\s)}]|$)/.exec(this.#text.slice(start)) ?? []
    if (text === undefined || source === undefined) return undefined
    this.at += text.length
    return { text, isQuoted: false, regex: source, start, end: this.at }
  }

  fail(message: string, start: number = this.at, end: number = start + 1): never {
    throw new SyntaxFault(message, { start, end: Math.max(Math.min(end, this.#text.length), start) })
  }
}
