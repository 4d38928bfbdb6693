// The one gate: everything that must hold before a change is handed over, besides the tests. `npm run check`.
import { spawnSync } from 'node:child_process'

const steps = [
  ['build', 'npm run --silent build'],
  ['types', 'tsc --project .'],
  ['types of the page', 'tsc --project src/viewer/page && tsc --project test/viewer/page'],
  ['type tests', 'tstyche'],
  ['lint', 'eslint .'],
  ['format', 'prettier --check --log-level warn .'],
  ['structure', 'node scripts/check-structure.mjs'],
  ['unused', 'knip'],
  ['unused but in tests', 'knip --production --include files,exports,types'],
  ['package', 'publint --strict'],
  ['types of the package', 'attw --pack . --profile node16 --format ascii --quiet'],
  ['API snapshot (npm run api:update)', 'api-extractor run'],
  ['size', 'size-limit'],
]

let failed = 0
for (const [name, command] of steps) {
  const { status, stdout, stderr } = spawnSync(command, { shell: true, encoding: 'utf8' })
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name}`)
  if (status === 0) continue
  failed += 1
  console.log(`${stdout}${stderr}`.replace(/^/gm, '     '))
}
console.log(`${steps.length - failed} of ${steps.length} checks hold`)
process.exitCode = failed === 0 ? 0 : 1
