/** Seen in the runs of other rows. */
export const memory = {
  key: 'memory',
  title: 'Memory',
  text: 'Resident memory added at the first line of an empty program, while 10,000 spans a second are made, and in the service of above under load.',
  figures: [
    { from: 'boot', key: 'rssMB', label: 'empty program', unit: 'MB', isLessBetter: true, isAdded: true },
    { from: 'loop', key: 'rssMB', label: '10,000 spans a second', unit: 'MB', isLessBetter: true, isAdded: true },
    {
      from: 'service',
      key: 'rssMB',
      label: 'service',
      unit: 'MB',
      isLessBetter: true,
      isAdded: true,
      isHeadline: true,
    },
  ],
}
