export interface Paint {
  readonly plain: (text: string) => string
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly red: (text: string) => string
  readonly yellow: (text: string) => string
  readonly cyan: (text: string) => string
}

export const PLAIN: Paint = { plain: asIs, bold: asIs, dim: asIs, red: asIs, yellow: asIs, cyan: asIs }
export const COLOURS: Paint = {
  plain: asIs,
  bold: sgr(1, 22),
  dim: sgr(2, 22),
  red: sgr(31, 39),
  yellow: sgr(33, 39),
  cyan: sgr(36, 39),
}

function asIs(text: string): string {
  return text
}

function sgr(on: number, off: number): (text: string) => string {
  return (text) => (text ? `\u001b[${on}m${text}\u001b[${off}m` : '')
}
