import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runNode, type NodeResult } from '../helpers/run-node.js'
import { REPOSITORY } from '../helpers/traced-app.js'
import { CLI } from './run-doctor.js'

const run = (...args: string[]): Promise<NodeResult> => runNode({ args: [CLI, ...args] })

describe('spanwright', () => {
  test.each(['--help', '-h', 'help'])('%s says what there is, on stdout', async (flag) => {
    const result = await run(flag)
    expect(result).toMatchObject({ exitCode: 0, stderr: '' })
    expect(result.stdout).toContain('spanwright doctor -- node app.js')
  })

  test.each(['--version', '-v'])('%s is the version of the package', async (flag) => {
    const { version } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as { version: string }
    expect(await run(flag)).toMatchObject({ exitCode: 0, stdout: `${version}\n`, stderr: '' })
  })

  test('without a command, or with a wrong one, says so on stderr with status 2', async () => {
    const nothing = await run()
    expect(nothing).toMatchObject({ exitCode: 2, stdout: '' })
    expect(nothing.stderr).toContain('Usage')
    const wrong = await run('docter')
    expect(wrong).toMatchObject({ exitCode: 2, stdout: '' })
    expect(wrong.stderr).toContain('there is no command "docter"')
  })
})

describe('spanwright doctor', () => {
  test('--help says what it does, and what its status means', async () => {
    const result = await run('doctor', '--help')
    expect(result).toMatchObject({ exitCode: 0, stderr: '' })
    expect(result.stdout).toMatch(/--wait-seconds[^]*Exit status/)
  })

  test.each([
    [['--sconds', '3'], "Unknown option '--sconds'"],
    [['--seconds', 'many'], '--seconds must be a number from 0 to 86400, got "many"'],
    [['node', 'app.js'], 'spanwright doctor -- node app.js'],
  ])('%j is a wrong command line, status 2', async (args, words) => {
    const result = await run('doctor', ...args)
    expect(result).toMatchObject({ exitCode: 2, stdout: '' })
    expect(result.stderr).toContain(words)
  })
})
