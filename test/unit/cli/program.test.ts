import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commands, groups } from '../../../src/cli/commands.ts'
import { runProgram } from '../../../src/cli/program.ts'
import { formatProblems, reportError } from '../../../src/cli/report-error.ts'
import { CertgateError, ConfigError, MaterialError, type Problem, UsageError } from '../../../src/errors.ts'
import { testTerminal } from './terminal.ts'

const problem: Problem = {
  severity: 'error',
  message: 'unknown key `listner`',
  path: 'listner',
  file: '/srv/certgate.yml',
  line: 3,
  column: 1,
  snippet: '3 | listner: x\n  | ^^^^^^^',
  hint: 'did you mean `listeners`?',
}

test('every command has the name and summary of the overview, and a usage that begins as usage does', async () => {
  for (const entry of commands) {
    const command = await entry.load()
    assert.equal(command.name, entry.name)
    assert.equal(command.summary, entry.summary, entry.name)
    assert.ok(command.usage.startsWith(`usage: certgate ${entry.name}`), entry.name)
    assert.match(command.summary, /^[a-z].*[^.]$/)
  }
})

test('no group and no command is listed twice', async () => {
  for (const names of [groups.map(({ title }) => title), commands.map(({ name }) => name)]) assert.deepEqual(names, [...new Set(names)])
  const terminal = testTerminal()
  await runProgram(['--help'], terminal)
  assert.equal(terminal.stdout().match(/^run:$/gm)?.length, 1)
})

test('no line of any help is wider than 140 columns', async () => {
  const texts = await Promise.all(commands.map(async (entry) => (await entry.load()).usage))
  const terminal = testTerminal()
  await runProgram(['--help'], terminal)
  for (const line of [...texts, terminal.stdout()].flatMap((text) => text.split('\n'))) assert.ok(line.length <= 140, line)
})

test('errors are one line, a hint where there is one, and an exit code', () => {
  const said = (error: unknown, env = {}) => {
    const terminal = testTerminal({ env, cwd: '/srv' })
    const code = reportError(error, terminal)
    return [code, terminal.stderr()]
  }
  assert.deepEqual(said(new UsageError('no', 'try yes')), [2, 'certgate: no\nhint: try yes\n'])
  assert.deepEqual(said(new MaterialError('a.pfx', 'bad key')), [1, 'certgate: bad key\n'])
  assert.deepEqual(said(new CertgateError('io_failed', 'gone')), [1, 'certgate: gone\n'])
  assert.deepEqual(said(new RangeError('first\nsecond')), [
    1,
    'certgate: unexpected error: first\nhint: set CERTGATE_DEBUG=1 to see where it came from\n',
  ])
  const missing = Object.assign(new Error('ENOENT: no such file, open'), { errno: -2, code: 'ENOENT', path: '/srv/x.crt' })
  assert.deepEqual(said(missing), [1, 'certgate: x.crt: no such file or directory\n'])
  assert.deepEqual(said('text')[0], 1)
})

test('the stack is shown only when asked for', () => {
  const terminal = testTerminal({ env: { CERTGATE_DEBUG: '1' } })
  reportError(new RangeError('first'), terminal)
  assert.match(terminal.stderr(), /^certgate: unexpected error: first\nRangeError: first\n {4}at /)
})

test('a broken configuration shows every problem with place, snippet and hint', () => {
  const terminal = testTerminal({ cwd: '/srv' })
  const warning: Problem = { ...problem, severity: 'warning', message: 'odd', snippet: '', line: 9, file: '/elsewhere/roles.yml' }
  const { hint, ...bare } = warning
  assert.equal(hint, problem.hint)
  reportError(new ConfigError([problem, bare]), terminal)
  assert.equal(
    terminal.stderr(),
    `error: unknown key \`listner\`
 --> certgate.yml:3:1
  |
3 | listner: x
  | ^^^^^^^
  = did you mean \`listeners\`?

warning: odd
 --> /elsewhere/roles.yml:9:1

certgate: 1 problem in the configuration
`,
  )
})

test('colours only where they are wanted', () => {
  const plain = formatProblems([problem], testTerminal())
  const coloured = formatProblems([problem], testTerminal({ colour: true }))
  assert.ok(!plain.includes('\u001b'))
  assert.ok(coloured.includes('\u001b[31merror\u001b[39m'))
  assert.equal(coloured.replaceAll(/\u001b\[\d+m/g, ''), plain)
})
