import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { commands } from '../../../src/cli/commands.ts'
import { completionCommand } from '../../../src/cli/completion.ts'
import { parseUsage } from '../../../src/cli/completion-spec.ts'
import { temporaryFolder } from '../../support/authority.ts'
import { testTerminal } from './terminal.ts'

const has = (program: string) => spawnSync(program, ['-c', 'exit 0']).status === 0
const scripts = new Map<string, string>()
before(async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const terminal = testTerminal()
    await completionCommand(commands).run([shell], terminal)
    scripts.set(shell, terminal.stdout())
  }
})

/** What bash offers after these words, of which the last is being typed. */
function bashOffers(folder: string, words: readonly string[]): string[] {
  const script = `${scripts.get('bash')}
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_certgate certgate "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script, 'bash', ...words], { cwd: folder, encoding: 'utf8' })
  assert.equal(stderr, '')
  return stdout.split('\n').filter((line) => line !== '')
}

test('flags, their values and positionals are read from the help of a command', () => {
  const usage = `usage: certgate explain [--config FILE] (--cert FILE | --cn NAME) METHOD URL

  -c, --config FILE   configuration; default: certgate.yml
      --dir DIR       where to
      --mode a|b      one of two
      --cn NAME       a name
      --json          for machines

examples:
  certgate explain --cn alice GET /
`
  const spec = parseUsage('explain', 'why', usage)
  assert.deepEqual(
    spec.flags.map(({ long, short, argument }) => [long, short, argument?.kind ?? null]),
    [
      ['--config', '-c', 'file'],
      ['--dir', null, 'folder'],
      ['--mode', null, 'words'],
      ['--cn', null, 'text'],
      ['--json', null, null],
      ['--help', '-h', null],
    ],
  )
  assert.deepEqual(spec.positional, { kind: 'text' })
  assert.deepEqual(parseUsage('dn', '', 'usage: certgate dn [--json] FILE').positional, { kind: 'file' })
  assert.deepEqual(parseUsage('dn', '', 'usage: certgate dn [FILE]').positional, { kind: 'file' })
  assert.deepEqual(parseUsage('x', '', 'usage: certgate x a|b').positional, { kind: 'words', words: ['a', 'b'] })
})

test('bash completes commands, second words, flags, words, files and folders', (t) => {
  if (!has('bash')) return t.skip('bash is not installed')
  const { path } = temporaryFolder(t)
  mkdirSync(join(path, 'my data'))
  writeFileSync(join(path, 'my certificate.crt'), '')
  const offers = (...words: string[]) => bashOffers(path, words)
  assert.deepEqual(offers('certgate', 'ini'), ['init'])
  assert.ok(offers('certgate', '').includes('users'))
  assert.ok(offers('certgate', '--').includes('--version'))
  assert.deepEqual(offers('certgate', 'users', ''), ['hash'])
  assert.deepEqual(offers('certgate', 'users', 'hash', '--al'), ['--algorithm'])
  assert.deepEqual(offers('certgate', 'users', 'hash', '--algorithm', ''), ['bcrypt', 'argon2id'])
  assert.deepEqual(offers('certgate', 'users', 'hash', '--algorithm', '=', 'a'), ['argon2id'])
  assert.deepEqual(offers('certgate', 'users', 'hash', '--algorithm', '='), ['bcrypt', 'argon2id'])
  assert.deepEqual(offers('certgate', 'init', '--na'), ['--name'])
  assert.deepEqual(offers('certgate', 'init', '--dir', 'my'), ['my data'])
  assert.deepEqual(offers('certgate', 'init', '--name', ''), [])
  assert.deepEqual(offers('certgate', 'dn', 'my c'), ['my certificate.crt'])
  assert.deepEqual(offers('certgate', 'completion', 'z'), ['zsh'])
  assert.deepEqual(offers('certgate', 'nonsense', ''), [])
})

test('zsh accepts its script', (t) => {
  if (!has('zsh')) return t.skip('zsh is not installed')
  const { status, stderr } = spawnSync('zsh', ['-f', '-n'], { input: scripts.get('zsh') ?? '', encoding: 'utf8' })
  assert.deepEqual([status, stderr], [0, ''])
})

test('fish accepts its script and completes', (t) => {
  if (!has('fish')) return t.skip('fish is not installed')
  const { path, write } = temporaryFolder(t)
  const file = write('certgate.fish', scripts.get('fish') ?? '')
  const { stdout } = spawnSync('fish', ['--no-config', '-c', `source ${file}; complete -C 'certgate ini'`], { cwd: path, encoding: 'utf8' })
  assert.match(stdout, /^init\t/)
})

test('the scripts for zsh and fish name every command', () => {
  for (const shell of ['zsh', 'fish']) {
    for (const word of ['init', 'users', 'hash', 'completion', 'version', '--algorithm', 'argon2id']) {
      const wanted = shell === 'fish' ? word.replace(/^--/, '-l ') : word
      assert.ok(scripts.get(shell)?.includes(wanted), `${shell}: ${wanted}`)
    }
  }
})
