import { describe, expect, test } from 'vitest'
import { viewArguments } from '../../../src/cli/view/arguments.js'

test('without anything it waits for spans, with the defaults', () => {
  expect(viewArguments([])).toMatchObject({ files: [], command: [], port: undefined, report: undefined, help: false })
})

test('what stands behind two dashes is the command, whatever it looks like', () => {
  const { command, files, report } = viewArguments([
    'trace.json',
    '--json',
    '--',
    'npm',
    'test',
    '--',
    '--text',
    '--port',
  ])
  expect(command).toEqual(['npm', 'test', '--', '--text', '--port'])
  expect([files, report?.format]).toEqual([['trace.json'], 'json'])
})

test.each([
  [['--text'], { format: 'text' }],
  [['--fail-on', 'n+1,error'], { format: 'text', failOn: 'n+1,error' }],
  [['--limit', 'n+1.count=10', '--limit', 'slow-query.count=2'], { limits: ['n+1.count=10', 'slow-query.count=2'] }],
  [['--json', '--traces', '--query', 'status:error'], { format: 'json', traces: true, query: 'status:error' }],
  [
    ['--github', '--allow-empty', '--baseline', 'known.json'],
    { github: true, allowEmpty: true, baseline: 'known.json' },
  ],
])('%j asks for a report', (args, report) => {
  expect(viewArguments(args).report).toMatchObject(report)
})

test('sizes are taken in the units they are named by', () => {
  expect(viewArguments(['--max-mb', '2', '--max-spans', '10', '--port', '0'])).toMatchObject({
    maxBytes: 2_097_152,
    maxSpans: 10,
    port: 0,
  })
})

test('origins are taken as browsers send them', () => {
  expect(viewArguments(['--allow-origin', 'https://App.test:443/']).allowedOrigins).toEqual(['https://app.test'])
})

describe('a wrong command line is explained', () => {
  test.each([
    [['node', 'app.js'], 'spanwright view -- node app.js'],
    [['--'], 'there is no command after the two dashes'],
    [['--prot', '1'], "Unknown option '--prot'"],
    [['--port', '70000'], '--port must be a whole number from 0 to 65535, got "70000"'],
    [['--port', ''], '--port must be a whole number'],
    [['--max-spans', '1e3'], '--max-spans must be a whole number'],
    [['--max-mb', '-1'], 'argument is ambiguous'],
    [['--text', '--json'], 'give one of them'],
    [['--mcp', '--json'], '--mcp speaks on stdout'],
    [['--mcp', '--', 'node', 'app.js'], '--mcp runs no command'],
    [['--token', 'short'], '--token must have 8 to 200'],
    [['--token', 'with spaces in it'], '--token must have 8 to 200'],
    [['--allow-origin', 'app.test'], '--allow-origin must be an origin'],
  ])('%j', (args, words) => {
    expect(() => viewArguments(args)).toThrow(words)
  })
})
