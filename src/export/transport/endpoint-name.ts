/** The URL of a backend, for messages to people: without what may be secret in it. */
export function endpointName(url: string): string {
  return url
    .trim()
    .replace(/^((?:[\w+.-]+:\/\/)?)[^/?#]*@/, '$1***@')
    .replace(/[?#].*$/s, '?***')
}
