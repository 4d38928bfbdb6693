/** So many colours the style sheet has: those of Okabe and Ito, which colour-blind people can tell apart. */
const COLOURS = 8

/** The class of a service's colour: the same for its name on every page and in every view. */
export function colourClass(service: string): string {
  return `c${colourIndex(service)}`
}

/** Which service has which colour on this page: the one that its name asks for, or the next that nobody has yet. */
const given = new Map<string, number>()

export function colourIndex(service: string): number {
  const known = given.get(service)
  if (known !== undefined) return known
  const wanted = hashOf(service) % COLOURS
  const taken = new Set(given.values())
  let index = wanted
  while (taken.size < COLOURS && taken.has(index)) index = (index + 1) % COLOURS
  given.set(service, index)
  return index
}

function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  // The low bits of this hash alone would tell names apart that differ in their last letter only.
  return (hash ^ (hash >>> 15)) >>> 0
}

/** The colours of the style sheet, for a canvas. */
export function readColours(): readonly string[] {
  const style = getComputedStyle(document.documentElement)
  return Array.from({ length: COLOURS }, (_, index) => style.getPropertyValue(`--service-${index}`).trim())
}

export function readColour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}
