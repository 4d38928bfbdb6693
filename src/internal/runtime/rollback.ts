/** How to take back what a start has done so far, for the case that its next step fails. */
export class Rollback {
  readonly #steps: (() => unknown)[] = []

  /** @param undo may return a promise, which is not waited for */
  add(undo: () => unknown): void {
    this.#steps.push(undo)
  }

  /** Undoes the last step first. Never throws: what can't be undone must not hide why the start failed. */
  run(): void {
    for (const undo of this.#steps.splice(0).reverse()) {
      try {
        Promise.resolve(undo()).catch(() => undefined)
      } catch {
        // The steps before it are still to be undone.
      }
    }
  }
}
