import { expect, test } from 'vitest'
import { livingProcesses } from '../../../src/cli/doctor/living-processes.js'
import type { ProcessReport } from '../../../src/cli/doctor/process-report.js'
import { thisProcess } from '../../../src/export/spool/process-identity.js'

const { pid, start } = thisProcess()
const reported = (pid: number, processStart: string | undefined): ProcessReport =>
  ({ pid, processStart, isLauncher: false }) as ProcessReport

test('a process that has reported lives while something has its pid, where nobody can say when that began', () => {
  expect(livingProcesses([reported(pid, undefined), reported(pid, undefined)])).toEqual([pid])
})

test.skipIf(start === undefined)('another process that has got the pid of one that reported is left alone', () => {
  expect(livingProcesses([reported(pid, start)])).toEqual([pid])
  expect(livingProcesses([reported(pid, `${Number(start) - 1}`)])).toEqual([])
})
