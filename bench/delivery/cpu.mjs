/** CPU time in microseconds that this thread, and this process with all its threads, have used. */
export function usedCpu() {
  // In this order: the kernel brings the figures of a running thread up to date when it is asked for those of the process.
  const all = process.cpuUsage()
  const main = process.threadCpuUsage()
  return { all: all.user + all.system, main: main.user + main.system }
}
