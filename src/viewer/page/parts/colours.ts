/** So many colours the style sheet has: those of Okabe and Ito, which colour-blind people can tell apart. */
const COLOURS = 8

/** The class of a service's colour: the same for its name on every page and in every view. */
export function colourClass(service: string): string {
  return `c${colourIndex(service)}`
}

export function colourIndex(service: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < service.length; index++) {
    hash = Math.imul(hash ^ service.charCodeAt(index), 0x01000193)
  }
  // The low bits of this hash alone would tell names apart that differ in their last letter only.
  return ((hash ^ (hash >>> 15)) >>> 0) % COLOURS
}

/** The colours of the style sheet, for a canvas. */
export function readColours(): readonly string[] {
  const style = getComputedStyle(document.documentElement)
  return Array.from({ length: COLOURS }, (_, index) => style.getPropertyValue(`--service-${index}`).trim())
}

export function readColour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}
