interface Unprinted {
  printAll(): void
}

const unprinted = new Set<Unprinted>()
let listensForExit = false

/** A script that ends, or calls `process.exit`, without shutting tracing down still sees its traces. */
export function printAtExit(buffer: Unprinted): void {
  unprinted.add(buffer)
  if (listensForExit) return
  listensForExit = true
  process.once('exit', () => {
    for (const each of [...unprinted]) each.printAll()
  })
}

export function doNotPrintAtExit(buffer: Unprinted): void {
  unprinted.delete(buffer)
}
