import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

/** Runs the encoder's own benchmark, and reads the tables that it prints. */
export function encoderGoals() {
  const { stdout, stderr, status } = spawnSync(process.execPath, [join(import.meta.dirname, '../encoder.mjs')], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`bench/encoder.mjs ended with ${status}:\n${stderr}`)
  const goals = tableIn(stdout).map((cells) => {
    const goal = Object.keys(cells).find((column) => column.startsWith('goal '))
    return {
      goal: `encoding alone: ${cells.case}`,
      demand: `${goal.slice('goal '.length)}×`,
      stock: `${cells['stock (ns/span)']} ns`,
      'dd-trace': '',
      spanwright: `${cells.ratio}×`,
      'min..max': cells['min..max'],
      holds: cells[goal] === 'met' ? 'yes' : 'NO',
    }
  })
  if (goals.length === 0) throw new Error(`no table in what bench/encoder.mjs printed:\n${stdout}`)
  return goals
}

/** Of console.table. */
function tableIn(text) {
  const lines = text.split('\n').filter((line) => line.startsWith('│'))
  const [columns = [], ...rows] = lines.map((line) => line.split('│').map((cell) => cell.trim().replaceAll("'", '')))
  return rows.map((cells) => Object.fromEntries(cells.map((cell, index) => [columns[index], cell])))
}
