#!/usr/bin/env node
import { requireOwn } from '../internal/runtime/own-package.js'
import { isSupportedRuntime, logUnsupportedRuntime } from '../internal/runtime/node.js'
import { collectorConfig } from './collector-config/command.js'
import { doctor } from './doctor/command.js'
import { view } from './view/view.js'

const HELP = `Usage: spanwright <command>

Commands
  view     shows traces on a page of this machine, and what is wrong with them: spanwright view -- npm run dev
  doctor   reports whether an app is traced, and whether its spans arrive: spanwright doctor -- node app.js
  collector-config
           writes a configuration of the OpenTelemetry Collector for the service: spanwright collector-config --backend jaeger

Options
  -h, --help     this text; "spanwright view --help" for a command's own
  -v, --version  the version
`

async function run([command, ...args]: readonly string[]): Promise<number> {
  if (!isSupportedRuntime()) {
    logUnsupportedRuntime()
    return 1
  }
  switch (command) {
    case 'doctor':
      return doctor(args)
    case 'collector-config':
      return collectorConfig(args)
    case 'view':
      return view(args)
    case '--version':
    case '-v':
      process.stdout.write(`${(requireOwn('../package.json') as { version: string }).version}\n`)
      return 0
    case '--help':
    case '-h':
    case 'help':
      process.stdout.write(HELP)
      return 0
    default:
      process.stderr.write(command === undefined ? HELP : `spanwright: there is no command "${command}"\n\n${HELP}`)
      return 2
  }
}

void run(process.argv.slice(2)).then((status) => (process.exitCode = status))
