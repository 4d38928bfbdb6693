/* Uses a library in one of its forms: `node run-case.mjs <library> require|import`, from a folder that has it installed. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { CASES } from './cases.mjs'

const [, , name, way] = process.argv
const require = createRequire(join(process.cwd(), 'app.mjs'))
const { trace } = require('@opentelemetry/api')
const { forms = ['default', 'names'], use } = CASES[name]

async function inSpan(form, library) {
  await trace.getTracer('matrix').startActiveSpan(form, async (span) => {
    try {
      await use(library)
    } catch (error) {
      console.log(`FAILED ${form}: ${error.stack}`)
    } finally {
      span.end()
    }
  })
}

if (way === 'require') await inSpan('require', require(name))
else {
  // From the folder that has it: what an app imports is looked for from where the app is.
  const { load } = await import(pathToFileURL(join(process.cwd(), 'import.mjs')))
  const namespace = await load(name)
  if (forms.includes('default') && 'default' in namespace) await inSpan('default', namespace.default)
  if (forms.includes('names')) await inSpan('names', namespace)
}
// Clients of servers that are not there may try on.
setTimeout(() => process.exit(), 3_000).unref()
