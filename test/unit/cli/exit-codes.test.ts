/** 2 where the words of the command line are wrong whatever is on the machine, 1 where the rest is: files, input, the gateway. */
import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { commands } from '../../../src/cli/commands.ts'
import { runProgram } from '../../../src/cli/program.ts'
import { temporaryFolder } from '../../support/authority.ts'
import { fileLifetime } from '../../support/lifetime.ts'
import { testTerminal } from './terminal.ts'

/** Flags that name a file which is read; each is tried with every command that has it. */
const READING = [
  'config',
  'cert',
  'key',
  'client-ca',
  'crl',
  'pfx',
  'password-file',
  'csr',
  'ca',
  'ca-key',
  'ca-password-file',
  'token-file',
  'store',
]

const QUICK = ['--listen', '127.0.0.1:0', '--upstream', 'http://127.0.0.1:1', '--allow-cn', 'x']
const PAIR = ['--cert', 'server.crt', '--key', 'server.key']
const EST = ['--est', 'https://127.0.0.1:1']

/** What else a command needs: by `command --flag`, or by command. */
const BESIDE: Readonly<Record<string, readonly string[]>> = {
  'init --ca-key': ['--ca', 'ca/ca.crt'],
  'init --ca-password-file': ['--ca', 'ca/ca.crt', '--ca-key', 'ca/issuing.key'],
  init: ['--yes', '--dir', 'made'],
  'serve --config': [],
  'serve --cert': [...QUICK, '--key', 'server.key', '--client-ca', 'ca/ca.crt'],
  'serve --key': [...QUICK, '--cert', 'server.crt', '--client-ca', 'ca/ca.crt'],
  'serve --client-ca': [...QUICK, ...PAIR],
  'serve --crl': [...QUICK, ...PAIR, '--client-ca', 'ca/ca.crt'],
  'serve --pfx': [...QUICK, '--client-ca', 'ca/ca.crt'],
  'serve --password-file': [...QUICK, '--pfx', 'server.pfx', '--client-ca', 'ca/ca.crt'],
  'explain --config': ['--cn', 'x', 'GET', '/'],
  'explain --cert': ['GET', '/'],
  'roles test': ['x'],
  'cert generate': ['x'],
  'cert trust': ['clients/admin.crt'],
  'cert show': ['x'],
  'cert edit': ['x', '--name', 'y'],
  'cert renew --config': ['admin'],
  'cert renew --csr': ['admin'],
  'cert renew --password-file': ['admin'],
  'cert renew --cert': [...EST, '--key', 'server.key'],
  'cert renew --key': [...EST, '--cert', 'server.crt'],
  'cert renew --ca': [...EST, ...PAIR],
  'cert enroll --ca': [...EST, '--name', 'x', '--token-file', 'token'],
  'cert enroll': [...EST, '--name', 'x', '--ca', 'ca/ca.crt'],
  'cert disable': ['x'],
  'cert enable': ['x'],
  'cert revoke': ['x'],
  'cert remove': ['x'],
  'cert export': ['made.pfx'],
  generateClientCert: ['x', 'made'],
  trustClientCert: ['x', 'clients/admin.crt'],
  'token create': ['x'],
  'token remove': ['00000000-0000-4000-8000-000000000000'],
  'ca rotate': ['--yes'],
  backup: ['made'],
}

const cases = await Promise.all(
  commands.map(async (entry) => {
    const { usage } = await entry.load()
    return READING.filter((flag) => new RegExp(`^ .*--${flag} (?:FILE|PFX)`, 'm').test(usage)).map((flag) => ({ name: entry.name, flag }))
  }),
)

/** A gateway that is set up and stopped: all that a command needs is there but what it is given. */
const lifetime = fileLifetime()
const { path, write } = temporaryFolder(lifetime)
before(async () => {
  assert.equal((await run('init', '--yes', '--dir', '.')).code, 0)
  write('token', `cge_${'a'.repeat(43)}`)
  write('empty', '\n')
})

async function run(...args: readonly string[]) {
  const terminal = testTerminal({ cwd: path })
  const code = await runProgram(args, terminal)
  return { code, said: terminal.stderr() + terminal.stdout() }
}

describe('a file that is named and absent', () => {
  it('is tried with every flag that names one to read', async () => {
    const usages = await Promise.all(commands.map(async (entry) => (await entry.load()).usage))
    const named = usages.flatMap((usage) => [...usage.matchAll(/^ .*--([\w-]+) (?:FILE|PFX)/gm)].map(([, flag]) => flag))
    assert.deepEqual([...new Set(named)].sort(), [...READING, 'out', 'socket'].sort())
  })

  for (const { name, flag } of cases.flat()) {
    it(`${name} --${flag}`, async () => {
      const { code, said } = await run(...name.split(' '), ...(BESIDE[`${name} --${flag}`] ?? BESIDE[name] ?? []), `--${flag}`, 'absent')
      assert.equal(code, 1, said)
      assert.match(
        said,
        flag === 'config' ? /cannot read the file: no such file\n +--> absent:1:1/ : /cannot read (?:\/.*\/)?absent: no such file/,
      )
    })
  }

  for (const args of [
    ['dn', 'absent'],
    ['cert', 'trust', 'absent'],
    ['trustClientCert', 'x', 'absent'],
    ['audit', 'verify', 'absent'],
  ]) {
    it(args.join(' '), async () => {
      const { code, said } = await run(...args)
      assert.deepEqual([code, said], [1, 'certgate: cannot read absent: no such file\n'])
    })
  }

  it('a socket and a backup, which are no files to read', async () => {
    assert.equal((await run('status', '--socket', 'absent')).code, 1)
    assert.equal((await run('restore', 'absent')).code, 1)
  })
})

describe('a file that holds something else', () => {
  const cases: [string[], RegExp][] = [
    [['cert', 'generate', 'x', '--csr', 'ca/ca.crt'], /ca\/ca\.crt holds no certificate request in PEM/],
    [['cert', 'generate', 'x', '--password-file', 'empty'], /the first line of empty is empty/],
    [['cert', 'enroll', ...EST, '--name', 'x', '--token-file', 'empty'], /there is no token in empty/],
    [['cert', 'enroll', ...EST, '--name', 'x', '--token-file', 'ca/ca.crt'], /this is no token/],
    [['init', '--yes', '--dir', 'made', '--ca', 'ca/ca.crt'], /ca\/ca\.crt holds no private key/],
    [['audit', 'verify', 'ca/ca.crt'], /ca\/ca\.crt is not an export of the audit log/],
  ]
  for (const [args, message] of cases) {
    it(args.join(' '), async () => {
      const { code, said } = await run(...args)
      assert.equal(code, 1, said)
      assert.match(said, message)
    })
  }
})

describe('words that are wrong whatever there is', () => {
  const cases = [
    [],
    ['nothing'],
    ['cert'],
    ['check', '--nothing'],
    ['check', 'surplus'],
    ['dn'],
    ['explain', 'GET', '/'],
    ['explain', '--cn', 'x', 'G ET', '/'],
    ['cert', 'generate', 'x', '--clearance', 'nothing'],
    ['cert', 'generate', 'x', '--days', 'some'],
    ['cert', 'generate', 'x', '--password-file', 'empty', '--password-stdin'],
    ['cert', 'enroll', ...EST, '--name', 'x'],
    ['ca', 'rotate'],
    ['audit', 'list', '--limit', '0'],
    ['init', '--ca-key', 'absent'],
    ['users', 'hash', '--algorithm', 'md5'],
  ]
  for (const args of cases) {
    it(args.join(' ') || 'none', async () => {
      const { code, said } = await run(...args)
      assert.equal(code, 2, said)
    })
  }
})
