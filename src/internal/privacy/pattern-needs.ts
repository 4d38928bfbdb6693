import { parse, type RootNode } from 'regjsparser'

/** What a text must have for a pattern to match in it: quicker to ask for than the pattern. */
export interface PatternNeeds {
  readonly length: number
  /** Empty: nothing in particular. */
  readonly text: string
}

const FEATURES = { lookbehind: true, namedGroups: true, unicodePropertyEscape: true } as const
type Node = RootNode<typeof FEATURES>

const NOTHING: PatternNeeds = { length: 0, text: '' }

export function patternNeeds({ source, flags, ignoreCase }: RegExp): PatternNeeds {
  try {
    const needs = needsOf(parse(source, flags.replace(/[dgy]/g, ''), FEATURES))
    return ignoreCase ? { ...needs, text: '' } : needs
  } catch {
    return NOTHING
  }
}

function needsOf(node: Node): PatternNeeds {
  switch (node.type) {
    case 'value':
      return { length: 1, text: String.fromCodePoint(node.codePoint) }
    case 'dot':
    case 'characterClass':
    case 'characterClassEscape':
    case 'unicodePropertyEscape':
      return { length: 1, text: '' }
    case 'quantifier': {
      const { length, text } = needsOf(node.body[0])
      return node.min === 0 ? NOTHING : { length: length * node.min, text }
    }
    case 'group':
      return node.behavior === 'normal' || node.behavior === 'ignore' ? needsOfSequence(node.body) : NOTHING
    case 'alternative':
      return needsOfSequence(node.body)
    case 'disjunction':
      return { length: Math.min(...node.body.map((each) => needsOf(each).length)), text: '' }
    default:
      return NOTHING
  }
}

/** The longest text of neighbours that stand for themselves, or what one of the others needs. */
function needsOfSequence(nodes: readonly Node[]): PatternNeeds {
  let length = 0
  let run = ''
  let text = ''
  for (const node of nodes) {
    const needs = needsOf(node)
    length += needs.length
    run = node.type === 'value' ? run + needs.text : ''
    for (const candidate of [run, needs.text]) if (candidate.length > text.length) text = candidate
  }
  return { length, text }
}
