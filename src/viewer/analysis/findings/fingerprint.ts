/** Sixteen hexadecimal digits that are the same for the same texts: FNV-1a over them from both ends. */
export function fingerprintOf(...parts: readonly string[]): string {
  const text = parts.join('\u0000')
  let forward = 0x811c9dc5
  let backward = 0x01000193
  for (let i = 0; i < text.length; i++) {
    forward = Math.imul(forward ^ text.charCodeAt(i), 0x01000193)
    backward = Math.imul(backward ^ text.charCodeAt(text.length - 1 - i), 0x01000193)
  }
  return hex(forward) + hex(backward)
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0')
}
