import { warnOnce } from '../../internal/diagnostics/diagnostics.js'

/** What of a configuration file has no effect here, by its path in the file. */
export class LeftOut {
  readonly #paths: string[] = []

  add(path: string): void {
    this.#paths.push(path)
  }

  /** Whatever the file says in this object beyond the keys that are supported. */
  addKeysOf(object: object | null | undefined, path: string, supported: readonly string[]): void {
    for (const [key, value] of Object.entries(object ?? {})) {
      if (value !== undefined && !supported.includes(key)) this.add(path === '' ? key : `${path}.${key}`)
    }
  }

  /** Once, all of it in one line. */
  log(): void {
    if (this.#paths.length === 0) return
    warnOnce('config file left out', `OTEL_CONFIG_FILE: left out, since not supported: ${this.#paths.join(', ')}`)
  }
}
