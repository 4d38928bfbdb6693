type Listener = (traceIds: ReadonlySet<string>) => void

/** Who hears which traces changed. */
export class ChangeListeners {
  readonly #listeners = new Set<Listener>()

  add(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  notify(traceIds: ReadonlySet<string>): void {
    if (traceIds.size === 0) return
    for (const listener of this.#listeners) listener(traceIds)
  }

  clear(): void {
    this.#listeners.clear()
  }
}
