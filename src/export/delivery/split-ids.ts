/**
 * The ids of a batch's two halves: between the id of the batch before and its own, so that whoever waits for all batches up
 * to one waits for its halves, too, and different from all others, since each id has the space around it to itself. (Integers
 * up to 2^31 can be halved 21 times in the precision of a number: batches of two million spans.)
 */
export function splitIds(id: number): readonly [number, number] {
  // An own id stands at the end of its space of 1, that of a half in the middle of a smaller one.
  const middle = Number.isInteger(id) ? id - 1 / 2 : id
  const quarter = Number.isInteger(id) ? 1 / 4 : lowestBit(id) / 2
  return [middle - quarter, middle + quarter]
}

function lowestBit(id: number): number {
  let bit = 1 / 2
  while (!Number.isInteger(id / bit)) bit /= 2
  return bit
}
