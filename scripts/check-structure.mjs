// The dependency rules between the folders (.dependency-cruiser.mjs). A run that looked at no module would pass in silence,
// so this one fails.
import { cruise } from 'dependency-cruiser'
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config'
import configuration from '../.dependency-cruiser.mjs'

const { output } = await cruise(
  ['src'],
  { ...configuration.options, ruleSet: { forbidden: configuration.forbidden }, validate: true },
  undefined,
  { tsConfig: extractTSConfig('tsconfig.json') },
)
const { totalCruised, violations } = output.summary
for (const { rule, from, to } of violations) console.error(`${rule.name}: ${from} → ${to}`)
const own = output.modules.filter(({ source }) => source.startsWith('src/')).length
if (own === 0) console.error('no module of src/ was looked at')
console.log(`${own} modules of src/, ${totalCruised} in all, ${violations.length} violations`)
process.exitCode = own > 0 && violations.length === 0 ? 0 : 1
