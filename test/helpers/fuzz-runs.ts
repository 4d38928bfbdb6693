/** Cases in all that the properties of one file try; SPANWRIGHT_FUZZ_RUNS asks for more or fewer. */
const RUNS = Number(process.env.SPANWRIGHT_FUZZ_RUNS ?? 100_000)

/** How many cases a property gets that has this share, 0 to 1, of all. */
export function fuzzRuns(share: number): number {
  return Math.ceil(RUNS * share)
}
