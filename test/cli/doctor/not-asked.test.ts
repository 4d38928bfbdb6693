import { expect, test } from 'vitest'
import { runNode } from '../../helpers/run-node.js'
import { REPOSITORY } from '../../helpers/traced-app.js'

const LOADED = "console.log(Object.keys(require.cache).filter((path) => path.includes('doctor-report')).length)"

test("the doctor's part in the app is not loaded where no doctor asks", async () => {
  const result = await runNode({ cwd: REPOSITORY, args: ['--import', 'spanwright/register', '--eval', LOADED] })
  expect(result).toMatchObject({ stdout: '0\n', stderr: '' })
})

test('a variable of that name with something else in it disturbs nothing', async () => {
  const env = { SPANWRIGHT_DOCTOR: 'who?' }
  const args = ['--import', 'spanwright/register', '--eval', "console.log('runs')"]
  expect(await runNode({ cwd: REPOSITORY, args, env })).toMatchObject({ exitCode: 0, stdout: 'runs\n', stderr: '' })
})
