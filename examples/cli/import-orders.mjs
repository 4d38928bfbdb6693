// A command, or a cron job: it ends by itself or by process.exit, and its spans are sent before.
//   npm start, or: node --import spanwright/register import-orders.mjs orders.csv
import { readFile } from 'node:fs/promises'
import { withSpan } from 'spanwright'

const [file] = process.argv.slice(2)
const failed = await withSpan('import orders', async (span) => {
  const lines = (await readFile(file, 'utf8')).trim().split('\n')
  let failures = 0
  for (const line of lines) {
    // A span for each order; one that throws is an error of its own, and the import goes on.
    await withSpan('import order', () => importOrder(line)).catch(() => (failures += 1))
  }
  span.setAttributes({ 'app.orders': lines.length, 'app.orders.failed': failures })
  return failures
})
console.log(`${failed} orders failed`)
process.exit(failed > 0 ? 1 : 0)

async function importOrder(line) {
  const [bread, count] = line.split(',')
  if (!(Number(count) > 0)) throw new Error(`"${count}" is no number of loaves of ${bread}`)
}
