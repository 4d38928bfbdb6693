/** What has become of all spans up to where those that are kept are passed on. */
export interface SamplingCounts {
  started: number
  open: number
  notRecorded: number
  /** Ended, and held back until their trace is decided. */
  undecided: number
  sampledOut: number
  passedOn: number
}

export function noSamplingCounts(): SamplingCounts {
  return { started: 0, open: 0, notRecorded: 0, undecided: 0, sampledOut: 0, passedOn: 0 }
}
