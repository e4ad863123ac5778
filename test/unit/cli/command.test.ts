import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseArguments } from '../../../src/cli/command.ts'
import { UsageError } from '../../../src/errors.ts'

const FLAGS = {
  config: { type: 'string', short: 'c' },
  json: { type: 'boolean' },
  name: { type: 'string', multiple: true },
} as const

const refused = (args: readonly string[], message: string, hint = "see 'certgate check --help'") => {
  assert.throws(
    () => parseArguments('check', args, FLAGS, { max: 1 }),
    (error: unknown) => error instanceof UsageError && error.message === message && error.hint === hint,
    message,
  )
}

test('flags, repeated flags, short flags, inline values and positionals are read', () => {
  const { flags, positionals } = parseArguments('check', ['-c', 'a.yml', 'file', '--name=a', '--name', 'b', '--json'], FLAGS, { max: 1 })
  assert.deepEqual({ ...flags }, { config: 'a.yml', json: true, name: ['a', 'b'] })
  assert.deepEqual(positionals, ['file'])
})

test('absent flags are undefined, false and empty', () => {
  const { flags } = parseArguments('check', [], FLAGS)
  assert.deepEqual({ ...flags }, { config: undefined, json: false, name: [] })
})

test('what follows -- is positional, flags included', () => {
  assert.deepEqual(parseArguments('check', ['--', '--json'], FLAGS, { max: 1 }).positionals, ['--json'])
})

test('an unknown flag is refused, with the near one where there is one', () => {
  refused(['--foo'], 'unknown flag --foo')
  refused(['--confg', 'x'], 'unknown flag --confg', "did you mean --config? see 'certgate check --help'")
  refused(['-x'], 'unknown flag -x')
  refused(['--__proto__'], 'unknown flag --__proto__')
})

test('a value that is missing, surplus or swallowed from the next flag is refused', () => {
  refused(['--config'], '--config needs a value')
  refused(['--config', '--json'], '--config needs a value, but --json follows')
  refused(['--json=yes'], '--json takes no value')
  refused(['--config', 'a', '-c', 'b'], '--config is given more than once')
})

test('a value that starts with a dash is accepted inline, and a lone dash always', () => {
  assert.equal(parseArguments('check', ['--config=-x'], FLAGS).flags.config, '-x')
  assert.equal(parseArguments('check', ['--config', '-'], FLAGS).flags.config, '-')
})

test('too many and too few positionals are refused', () => {
  refused(['a', 'b'], "unexpected argument 'b'")
  assert.throws(
    () => parseArguments('explain', ['GET'], {}, { min: 2, max: 2, names: 'METHOD URL' }),
    (error: unknown) => error instanceof UsageError && error.message === 'missing METHOD URL',
  )
})
