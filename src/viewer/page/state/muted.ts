import { signal, type ReadonlySignal } from '@preact/signals'

const KEY = 'spanwright.muted'
const current = signal<ReadonlySet<string>>(read())
/** Findings that the user knows of and does not want to see again. */
export const mutedFingerprints: ReadonlySignal<ReadonlySet<string>> = current

function read(): ReadonlySet<string> {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    return new Set(Array.isArray(stored) ? stored.map(String) : [])
  } catch {
    return new Set()
  }
}

export function setMuted(fingerprints: readonly string[]): void {
  current.value = new Set(fingerprints)
  try {
    localStorage.setItem(KEY, JSON.stringify(fingerprints))
  } catch {
    // A browser that keeps nothing: they are muted until the page is loaded anew.
  }
}
