import { runNode, startNode, type NodeResult, type RunNodeOptions, type RunningNode } from '../../helpers/run-node.js'
import { REPOSITORY } from '../../helpers/traced-app.js'
import { CLI } from '../run-doctor.js'

/** Runs `spanwright view` to its end. */
export function runView(args: readonly string[], options: Partial<RunNodeOptions> = {}): Promise<NodeResult> {
  return runNode({ cwd: REPOSITORY, timeoutMillis: 25_000, ...options, args: [CLI, 'view', ...args] })
}

/** Starts `spanwright view`; the first group of what it is ready by is its port. */
export function startView(args: readonly string[], options: Partial<RunNodeOptions> = {}): Promise<RunningNode> {
  return startNode({
    cwd: REPOSITORY,
    timeoutMillis: 25_000,
    ...options,
    args: [CLI, 'view', ...args],
    ready: /http:\/\/127\.0\.0\.1:(\d+)\//,
  })
}
