const PREFIX = '_dd.p.'
const LONGEST = 512
const NAME = /^[\x21-\x2b\x2d-\x3c\x3e-\x7e]+$/
const VALUE = /^[\x20-\x2b\x2d-\x7e]+$/

/**
 * The tags in `x-datadog-tags` by their names without `_dd.p.`. A header of more than 512 characters is not read, as with
 * Datadog's own tracers; a pair that is malformed, or another tag, is left out.
 */
export function readTraceTags(header = ''): Map<string, string> {
  const tags = new Map<string, string>()
  if (header.length > LONGEST) return tags
  for (const pair of header.split(',')) {
    const equals = pair.indexOf('=')
    if (equals < 0 || !pair.startsWith(PREFIX)) continue
    const name = pair.slice(PREFIX.length, equals)
    const value = pair.slice(equals + 1)
    if (NAME.test(name) && VALUE.test(value)) tags.set(name, value)
  }
  return tags
}

/** The header for these tags, as many as fit, from the left; empty where there are none. */
export function writeTraceTags(tags: Iterable<readonly [name: string, value: string]>): string {
  let header = ''
  for (const [name, value] of tags) {
    if (!NAME.test(name) || !VALUE.test(value)) continue
    const pair = `${PREFIX}${name}=${value}`
    const longer = header === '' ? pair : `${header},${pair}`
    if (longer.length <= LONGEST) header = longer
  }
  return header
}
