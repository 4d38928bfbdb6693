/** Findings that are known, and no news any more. */
export type Baseline = ReadonlySet<string>

/**
 * Reads what `--baseline` names: an output of `--json`, the file that the page's "mute" writes (both are objects whose
 * `findings` have a `fingerprint`), or an array of fingerprints.
 *
 * @throws Error with one sentence that says what is wrong with the file
 */
export function parseBaseline(text: string): Baseline {
  const given = parse(text)
  const findings = isObject(given) ? given.findings : given
  if (!Array.isArray(findings)) throw new Error('it has no list of findings')
  return new Set(findings.map(fingerprintOf))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('it is no JSON')
  }
}

function fingerprintOf(finding: unknown): string {
  const fingerprint = isObject(finding) ? finding.fingerprint : finding
  if (typeof fingerprint !== 'string') throw new Error('one of its findings has no fingerprint')
  return fingerprint
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
