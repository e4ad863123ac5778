import assert from 'node:assert/strict'
import { appendFileSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, it, type TestContext } from 'node:test'
import { checkCommand } from '../../../src/cli/check.ts'
import { type Problem, UsageError } from '../../../src/errors.ts'
import { type Authority, createAuthority, type Issued, temporaryFolder } from '../../support/authority.ts'
import { testTerminal } from './terminal.ts'

const EXAMPLES = join(import.meta.dirname, '../../../config')
const CONFIGURATIONS = readdirSync(EXAMPLES).filter((name) => /\.yml$/.test(name) && !/^(?:roles_mapping|internal_users)\.yml$/.test(name))

let authority: Authority
let server: Issued
before(async () => {
  authority = await createAuthority('CN=Test CA')
  server = await authority.server(['localhost'])
})

/** config/ beside the data/ folder that `init` would have made. */
function checkout(t: TestContext): string {
  const { path } = temporaryFolder(t)
  cpSync(EXAMPLES, join(path, 'config'), { recursive: true })
  mkdirSync(join(path, 'data/ca'), { recursive: true })
  writeFileSync(join(path, 'data/ca/ca.crt'), authority.certificate)
  writeFileSync(join(path, 'data/server.crt'), server.chain)
  writeFileSync(join(path, 'data/server.key'), server.key)
  return path
}

function edit(file: string, from: string, to: string): void {
  const text = readFileSync(file, 'utf8')
  assert.ok(text.includes(from), `${file} holds no ${from}`)
  writeFileSync(file, text.replace(from, to))
}

async function check(cwd: string, ...args: string[]) {
  const terminal = testTerminal({ cwd })
  const code = await checkCommand.run(args, terminal)
  return { code, text: terminal.stdout(), errors: terminal.stderr() }
}

describe('certgate check', () => {
  it('has examples to hold to', () => assert.ok(CONFIGURATIONS.length >= 4))
  for (const name of CONFIGURATIONS) {
    it(`accepts config/${name} without a warning`, async (t) => {
      const { code, text } = await check(checkout(t), '--config', `config/${name}`)
      assert.match(text, new RegExp(`^config/${name} is fine: \\d listeners?, \\d upstreams?, \\d routes?, \\d roles?, 0 users\n$`))
      assert.equal(code, 0)
    })
  }

  it('warns of an authority whose issuing key was taken away, and says to bring it back', async (t) => {
    const folder = checkout(t)
    writeFileSync(join(folder, 'data/ca/issuing.crt'), authority.certificate)
    const { code, text } = await check(folder, '--config', 'config/certgate.yml')
    assert.equal(code, 0)
    assert.match(text, /warning: nothing can be issued: cannot read .*issuing\.key: .*: bring it back: without it nothing is issued/)
    assert.equal((await check(folder, '--strict', '--config', 'config/certgate.yml')).code, 1)
  })

  it('looks for certgate.yml where it is called', async (t) => {
    const { code, text } = await check(join(checkout(t), 'config'))
    assert.match(text, /^certgate.yml is fine/)
    assert.equal(code, 0)
  })

  it('tells every problem of the configuration and of the files it names, each at its line', async (t) => {
    const folder = checkout(t)
    const config = join(folder, 'config/certgate.yml')
    edit(config, '- ../data/ca/ca.crt', '- ../data/ca/none.crt')
    appendFileSync(join(folder, 'config/roles_mapping.yml'), 'readall: {}\nother: { user: [x], users: ["/(/"] }\n')
    appendFileSync(join(folder, 'config/internal_users.yml'), 'kirk: { hash: "hunter2" }\n')
    const { code, text } = await check(folder, '--config', 'config/certgate.yml')
    assert.equal(code, 1)
    for (const place of [
      'config/certgate.yml:31:11',
      'config/roles_mapping.yml:28:1',
      'config/roles_mapping.yml:29:10',
      'config/roles_mapping.yml:29:29',
      'config/internal_users.yml:13:9',
    ]) {
      assert.ok(text.includes(`--> ${place}\n`), `${place} is missing in\n${text}`)
    }
    assert.match(text, /cannot read .*none\.crt/)
    assert.match(text, / 31 \| {9}- \.\.\/data\/ca\/none\.crt\n {4}\| {11}\^+\n/)
    assert.match(text, /\nconfig\/certgate\.yml: 5 errors(, 1 warning)?\n$/)
    assert.doesNotMatch(text, /hunter2/)
  })

  it('judges certificates, mapping and users also where the configuration itself is wrong', async (t) => {
    const folder = checkout(t)
    const config = join(folder, 'config/certgate.yml')
    edit(config, '- ../data/ca/ca.crt', '- ../data/ca/none.crt')
    edit(config, 'clientauth_mode:', 'clientAuthMode:')
    edit(config, 'address: 127.0.0.1:9464', 'address: 9464')
    appendFileSync(join(folder, 'config/roles_mapping.yml'), 'readall: {}\n')
    const { text } = await check(folder, '--config', 'config/certgate.yml')
    assert.match(text, /unknown key `clientAuthMode`/)
    assert.match(text, /= did you mean `clientauth_mode`\?/)
    assert.match(text, /= say where to listen/)
    assert.match(text, /duplicate key `readall`/)
  })

  it('warns, and would start all the same', async (t) => {
    const folder = checkout(t)
    edit(join(folder, 'config/certgate.yml'), 'allow: [admin]', 'allow: [admin, nobody]')
    const { code, text } = await check(folder, '-c', 'config/certgate.yml')
    assert.equal(code, 0)
    assert.match(text, /^warning: .*'nobody'/)
    assert.match(text, /is fine: .* \(1 warning\)\n$/)
    const strict = await check(folder, '--strict', '-c', 'config/certgate.yml')
    assert.equal(strict.code, 1)
    assert.match(strict.text, /\nconfig\/certgate\.yml: 1 warning\n$/)
    assert.equal(JSON.parse((await check(folder, '--strict', '--json', '-c', 'config/certgate.yml')).text).ok, false)
    assert.equal((await check(folder, '--strict', '-c', 'config/quick.yml')).code, 0)
  })

  it('tells one mistake once, and at the line that is wrong', async (t) => {
    const problemsAfter = async (from: string, to: string) => {
      const folder = checkout(t)
      edit(join(folder, 'config/certgate.yml'), from, to)
      const { text } = await check(folder, '--json', '-c', 'config/certgate.yml')
      const problems: readonly Problem[] = JSON.parse(text).problems
      return problems.filter(({ severity }) => severity === 'error').map(({ path, message }) => `${path}: ${message}`)
    }
    const cert = 'listeners.main.tls.certificate.cert'
    assert.match(
      (await problemsAfter('cert: ../data/server.crt', 'cert: absent.crt')).join(),
      new RegExp(`^${cert}: cannot read .*absent\\.crt: no such file$`),
    )
    assert.deepEqual(await problemsAfter('cert: ../data/server.crt', 'cert: "$\u007benv:NO_SUCH_NAME}"'), [
      `${cert}: the environment variable NO_SUCH_NAME is not set`,
    ])
    assert.deepEqual(await problemsAfter('\nupstreams:\n', '\nupstream:\n'), ['upstream: unknown key `upstream`'])
    assert.deepEqual(await problemsAfter('    address: 0.0.0.0:8443', '    address: 0.0.0.0:8443\n    protocol: h2'), [
      'listeners.main.protocol: expected `http`',
    ])
  })

  it('names the file that the errors are in', async (t) => {
    const folder = checkout(t)
    appendFileSync(join(folder, 'config/roles_mapping.yml'), '\nbad: 1\n')
    assert.match((await check(folder, '-c', 'config/certgate.yml')).text, /\nconfig\/roles_mapping\.yml: \d errors?\n$/)
  })

  it('answers machines in JSON', async (t) => {
    const folder = checkout(t)
    const fine = JSON.parse((await check(folder, '--json', '-c', 'config/quick.yml')).text)
    assert.deepEqual(fine, { ok: true, file: join(folder, 'config/quick.yml'), errors: 0, warnings: 0, problems: [] })
    edit(join(folder, 'config/quick.yml'), 'upstream: app', 'upstream: ap')
    const { code, text } = await check(folder, '--json', '-c', 'config/quick.yml')
    const report = JSON.parse(text)
    assert.equal(code, 1)
    assert.deepEqual(
      [report.ok, report.errors, report.problems[0].path, report.problems[0].line, report.problems[0].hint],
      [false, 1, 'routes[0].upstream', 18, 'did you mean `app`?'],
    )
  })

  it('says so where there is no file, and refuses what it does not know', async (t) => {
    const { path } = temporaryFolder(t)
    const { code, text } = await check(path)
    assert.equal(code, 1)
    assert.match(text, /cannot read the file: no such file[\s\S]*certgate init/)
    await assert.rejects(check(path, 'extra'), UsageError)
    await assert.rejects(check(path, '--quiet'), UsageError)
  })

  it('uses colours only where the terminal wants them', async (t) => {
    const { path } = temporaryFolder(t)
    const terminal = testTerminal({ cwd: path, colour: true })
    await checkCommand.run([], terminal)
    assert.match(terminal.stdout(), /\u001b\[31merror/)
    assert.doesNotMatch((await check(path)).text, /\u001b/)
  })
})
