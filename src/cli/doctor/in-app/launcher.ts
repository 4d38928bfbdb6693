import { basename } from 'node:path'

const NAMES =
  /^(npm|npx|pnpm|pnpx|yarn|yarnpkg|corepack|cross-env|cross-env-shell|dotenv|env-cmd|nodemon|concurrently)(-cli)?\.?/
/** tsx starts a Node.js of its own; `cli` alone is no sign of it. */
const PATHS = /[\\/]tsx[\\/]dist[\\/]cli\.[cm]js$/

/** Whether this file only starts the app, in another process. */
export function isLauncher(main: string | undefined): boolean {
  return main !== undefined && ((NAMES.test(basename(main)) && isProgram(main)) || PATHS.test(main))
}

/** An app may have a `yarn.js` of its own, but not in such a place. */
function isProgram(main: string): boolean {
  return /[\\/](node_modules|bin|corepack)[\\/]|[\\/]\.yarn[\\/]/.test(main)
}
