// node .ci/summary.mjs FILE...: what the JSON reports of vitest say, with all failures at the end of the output, where a
// log that is cut still has them. With --files alone: the files that have failures.
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'

const args = process.argv.slice(2)
const namesAlone = args[0] === '--files'
const files = args
  .filter((arg) => arg !== '--files')
  .flatMap((path) => JSON.parse(readFileSync(path, 'utf8')).testResults)
const failedIn = (file) => file.assertionResults.filter((test) => test.status === 'failed')
const failed = files.filter((file) => file.status === 'failed' || failedIn(file).length > 0)

if (namesAlone) {
  for (const file of failed) console.log(relative(process.cwd(), file.name))
} else {
  const start = (text) =>
    text
      .split('\n')
      .filter((line) => !line.includes('node_modules'))
      .slice(0, 12)
      .join('\n      ')
  for (const file of failed) {
    console.log(`failed: ${relative(process.cwd(), file.name)}`)
    // A file that can't be loaded, or whose hooks fail, has a message of its own.
    if (failedIn(file).length === 0) console.log(`    ${start(file.message)}`)
    for (const test of failedIn(file))
      console.log(`    ${test.fullName}\n      ${start(test.failureMessages.join('\n'))}`)
  }
  const count = (status) =>
    files.flatMap((file) => file.assertionResults).filter((test) => test.status === status).length
  const broken = failed.filter((file) => failedIn(file).length === 0).length
  console.log(`counted: ${count('passed')} ${count('failed') + broken}`)
}
