import type { Attributes, AttributeValue, ReceivedResource, ReceivedSpan } from '../model/received-span.js'
import type { ResourceText } from '../model/trace-store.js'
import { textOfValue } from '../query/values.js'

const SEPARATOR = '\n'
/** Below that, a text that is there already is not added once more. */
const COMPARED_LENGTH = 4_096

/**
 * What a search may find in these spans of one trace, in lower case: to look through one text a trace takes a hundredth
 * of the time that all values of its spans take.
 */
export function searchText(before: string, spans: readonly ReceivedSpan[]): string {
  const texts = new Set<string>()
  for (const span of spans) {
    texts.add(span.name)
    texts.add(span.resource.service)
    texts.add(span.statusMessage)
    texts.add(span.spanId)
    if (span.parentSpanId !== undefined) texts.add(span.parentSpanId)
    addValues(span.attributes, texts)
    for (const event of span.events) {
      texts.add(event.name)
      addValues(event.attributes, texts)
    }
  }
  let text = Array.from(texts).join(SEPARATOR).toLowerCase()
  if (before === '') return text
  if (before.length < COMPARED_LENGTH) {
    text = text
      .split(SEPARATOR)
      .filter((line) => !before.includes(line))
      .join(SEPARATOR)
  }
  return text === '' ? before : before + SEPARATOR + text
}

function addValues(attributes: Attributes, texts: Set<string>): void {
  for (const key in attributes) {
    const value = attributes[key]
    if (value !== undefined) texts.add(textOf(value))
  }
}

/** Lists are compared by element, so that each is there as text. */
function textOf(value: AttributeValue): string {
  if (!Array.isArray(value)) return textOfValue(value)
  return (value as readonly AttributeValue[]).map(textOfValue).join(SEPARATOR) + SEPARATOR + textOfValue(value)
}

/** Resources are few, and each is that of many traces: so their texts are apart, and looked through once. */
const textsOfResources = new WeakMap<ReceivedResource, ResourceText>()
const known = new Map<string, ResourceText>()
const MAX_KNOWN = 10_000

export function resourceText(resource: ReceivedResource): ResourceText {
  let found = textsOfResources.get(resource)
  if (!found) {
    const texts = new Set<string>()
    addValues(resource.attributes, texts)
    found = knownResourceText(Array.from(texts).join(SEPARATOR).toLowerCase())
    textsOfResources.set(resource, found)
  }
  return found
}

export function knownResourceText(text: string): ResourceText {
  let found = known.get(text)
  if (!found) {
    if (known.size >= MAX_KNOWN) known.clear()
    known.set(text, (found = { text }))
  }
  return found
}
