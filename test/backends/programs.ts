import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { REPOSITORY } from '../helpers/traced-app.js'

/** What scripts/backends/get.sh brings. */
export type Program =
  | 'collector'
  | 'jaeger'
  | 'zipkin'
  | 'python'
  | 'go'
  | 'kubernetes'
  | 'opensearch'
  | 'victorialogs'
  | 'prometheus'
  | 'botocore'
  | 'kafka'
  | 'brokers'
  | 'ferretdb'
  | 'mongodb'

const CACHE =
  process.env.SPANWRIGHT_BACKENDS ??
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'spanwright-backends')
const PATHS = parseEnv(readFileSync(join(REPOSITORY, 'scripts/backends/programs.env'), 'utf8'))

export function programPath(program: Program): string {
  const path = PATHS[program]
  if (path === undefined) throw new Error(`scripts/backends/programs.env has no ${program}`)
  return join(CACHE, path)
}

export const has = (...programs: readonly Program[]): boolean =>
  programs.every((program) => existsSync(programPath(program)))

/** What runs Zipkin and OpenSearch. */
export const hasJava: boolean = spawnSync('java', ['-version']).status === 0

/** For the names of tests that are skipped where a program isn't there. */
export const needs = (...programs: readonly Program[]): string =>
  `(needs ${programs.join(', ')}: bash scripts/backends/get.sh ${programs.join(' ')})`
