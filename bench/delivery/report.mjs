/** Tells the result of an app, and ends it. */
export function report(result) {
  process.send(result, () => process.exit())
}
