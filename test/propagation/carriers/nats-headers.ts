/** NATS's headers as its client has them: names are told apart by case, a name may have several values. */
export class NatsHeaders {
  readonly #values = new Map<string, string[]>()
  readonly headers: Map<string, string[]> = this.#values

  get(name: string): string {
    return this.#values.get(name)?.[0] ?? ''
  }
  set(name: string, value: string): void {
    this.#values.set(name, [value])
  }
  append(name: string, value: string): void {
    this.#values.set(name, [...(this.#values.get(name) ?? []), value])
  }
  has(name: string): boolean {
    return this.#values.has(name)
  }
  delete(name: string): void {
    this.#values.delete(name)
  }
  keys(): string[] {
    return [...this.#values.keys()]
  }
}
