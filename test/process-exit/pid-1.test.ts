import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { otlpSink } from '../helpers/otlp-sink.js'
import { runNode } from '../helpers/run-node.js'
import { fixture, REPOSITORY } from '../helpers/traced-app.js'
import { countsByName, environmentFor, PROTOCOLS } from './both-runs.js'

const NAMESPACE = '--kill-child --pid --fork --mount-proc'
/** As root, or as a user who may make namespaces of his own. */
const flags = [NAMESPACE, `--map-root-user ${NAMESPACE}`].find(
  (some) => spawnSync('unshare', [...some.split(' '), 'true']).status === 0,
)

test.skipIf(flags === undefined).concurrent.each(PROTOCOLS)(
  'over %s PID 1 survives SIGTERM, beside signal-exit, too; each time its spans arrive, and no listener of ours is there',
  async (protocol) => {
    await using sink = await otlpSink()
    const result = await runNode({
      args: [
        fixture('leaving/as-pid-1.mjs'),
        flags ?? '',
        '--import',
        'spanwright/register',
        fixture('leaving/pid-1.cjs'),
      ],
      cwd: REPOSITORY,
      env: environmentFor(sink, protocol),
    })
    const lives = (time: number): string => `pid 1 lives after signal ${time}, listeners: 0\n`
    expect(result.stdout).toBe(`signal-exit cleans up\n${lives(1)}${lives(2)}done\nended with null, SIGKILL\n`)
    expect(result.stderr).toBe('')
    expect(countsByName(sink.spans())).toEqual({ 'before signal 1': 1_000, 'before signal 2': 1_000 })
  },
)
