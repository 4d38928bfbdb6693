import { ROOT_CONTEXT } from '@opentelemetry/api'
import { safeGet } from '../../internal/checks/safe-get.js'
import { mimicFunction, type AnyFunction } from '../../internal/runtime/methods.js'
import type { Library, TracedCalls } from './library.js'
import { withReplaced, type Exports } from './replaced-exports.js'

/**
 * node-cron: each run of a task is a trace of its own, whatever was going on where it was scheduled. A task that is given by
 * the path of a file runs in a process of its own.
 */
export const NODE_CRON: Library = {
  packages: { 'node-cron': ['>=3 <5'] },
  patch(exported: Exports, calls) {
    const scheduling = (original: AnyFunction): AnyFunction =>
      function (expression, task, ...rest) {
        const traced = typeof task === 'function' ? tracedTask(task as AnyFunction, calls, expression, rest[0]) : task
        return original.call(this, expression, traced, ...rest)
      }
    return withReplaced(exported, { schedule: scheduling, createTask: scheduling })
  },
}

function tracedTask(task: AnyFunction, calls: TracedCalls, expression: unknown, options: unknown): AnyFunction {
  const given = safeGet(options, 'name')
  const name = [given, task.name, expression].find((each) => typeof each === 'string' && each !== '')
  const attributes = { 'faas.trigger': 'timer', 'faas.cron': String(expression) }
  const traced: AnyFunction = function (...args) {
    const span = calls.start(`node-cron ${String(name)}`, { attributes }, ROOT_CONTEXT)
    return calls.run(span, ROOT_CONTEXT, () => task.apply(this, args))
  }
  return mimicFunction(traced, task)
}
