/** Cases in all that the tests of propagators try, unless SPANWRIGHT_FUZZ_RUNS asks for more. */
const DEFAULT_RUNS = 100_000

/** How many cases a property gets that has this share, 0 to 1, of all. */
export function fuzzRuns(share: number): number {
  return Math.ceil(Number(process.env.SPANWRIGHT_FUZZ_RUNS ?? DEFAULT_RUNS) * share)
}
