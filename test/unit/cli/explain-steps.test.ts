/** The way of a decision, with the lines of the files that decided. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { type Explanation, describe as explanationOf } from '../../../src/admin/explain/explanation.ts'
import { present } from '../../../src/admin/explain/presentation.ts'
import { readQuestion } from '../../../src/admin/explain/question.ts'
import { judge } from '../../../src/admin/explain/verdict.ts'
import { explainCommand } from '../../../src/cli/explain.ts'
import { loadSnapshot } from '../../../src/cli/load-snapshot.ts'
import { registryOfKey } from '../../../src/cli/registry-of-key.ts'
import { compilePolicy } from '../../../src/policy/policy.ts'
import { createAuthority } from '../../support/authority.ts'
import { type ExplainedGateway, explainedGateway } from './explained-gateway.ts'
import { testTerminal } from './terminal.ts'

async function explain({ cwd }: ExplainedGateway, ...args: string[]): Promise<Explanation> {
  const terminal = testTerminal({ cwd })
  await explainCommand.run(['--json', ...args], terminal)
  return JSON.parse(terminal.stdout()) as Explanation
}

/** `chain passed: client_ca: [ca.crt]` */
function told({ steps }: Explanation): string[] {
  return steps.map(({ step, outcome, lines }) => `${step} ${outcome}: ${lines.map(({ snippet }) => snippet).join(' | ')}`.trim())
}

describe('the steps of a decision', () => {
  it('are passed one by one, each with what decided it', async (t) => {
    const gateway = await explainedGateway(t)
    const file = gateway.issue('client.crt', await gateway.authority.issue({ subject: 'CN=CLIENT1' }))
    const said = await explain(gateway, '--cert', file, 'GET', '/movies/x/1')
    assert.deepEqual(told(said), [
      'request passed: main:',
      'chain passed: client_ca: [ca.crt]',
      'revocation passed:',
      'identity passed: config: { username_attribute: cn }',
      'roles passed: - CLIENT1',
      'route passed: - name: read movies | allow: [readall, admin]',
    ])
    const text = readFileSync(join(gateway.cwd, 'certgate.yml'), 'utf8').split('\n')
    for (const { file: name, line, snippet } of said.steps.flatMap(({ lines }) => lines)) {
      if (name === 'certgate.yml') assert.equal(text[line - 1]?.trim(), snippet)
      else assert.equal(`${name}:${line}`, 'roles_mapping.yml:3')
    }
  })

  it('say which of them examined nothing', async (t) => {
    const gateway = await explainedGateway(t)
    const file = gateway.issue('client.crt', await gateway.authority.issue({ subject: 'CN=CLIENT1' }))
    const unchecked = async (...args: string[]) =>
      (await explain(gateway, ...args, 'GET', '/movies/x/1')).steps.filter(({ checked }) => !checked).map(({ step }) => step)
    assert.deepEqual(await unchecked('--cert', file), ['revocation'])
    assert.deepEqual(await unchecked('--cn', 'CLIENT1'), ['chain', 'revocation'])
    const terminal = testTerminal({ cwd: gateway.cwd })
    await explainCommand.run(['--cert', file, 'GET', '/movies/x/1'], terminal)
    assert.match(terminal.stdout(), /^ +chain +passed .*\n +revocation +not checked$/m)
  })

  it('end where it is refused', async (t) => {
    const gateway = await explainedGateway(t)
    const stranger = gateway.issue('stranger.crt', await (await createAuthority('CN=Other')).issue({ subject: 'CN=CLIENT1' }))
    const expired = gateway.issue(
      'expired.crt',
      await gateway.authority.issue({ subject: 'CN=a', notAfter: new Date(Date.now() - 60_000) }),
    )
    const cases: readonly (readonly [args: string[], step: string, snippets: string[]])[] = [
      [['--cert', stranger, 'GET', '/movies/x'], 'chain', ['client_ca: [ca.crt]']],
      [['--cert', expired, 'GET', '/movies/x'], 'chain', []],
      [['--anonymous', 'GET', '/x'], 'chain', ['clientauth_mode: OPTIONAL']],
      [['--cn', 'CLIENT1', 'GET', '/movies/..%2fx'], 'request', ['main:']],
      [['--cn', 'CN=a', 'GET', '/movies/x'], 'identity', []],
      [['--cn', 'CLIENT1', 'GET', '/x'], 'route', ['- name: rest', 'allow: [admin]']],
      [['--cn', 'CLIENT1', 'TRACE', '/movies/x'], 'route', ['- name: read movies', 'methods: [GET, HEAD]']],
      [['--cn', 'CLIENT1', 'OPTIONS', '*'], 'route', ['routes:']],
    ]
    for (const [args, step, snippets] of cases) {
      const { steps, allowed, detail } = await explain(gateway, ...args)
      assert.equal(allowed, false, args.join(' '))
      const at = steps.findIndex(({ outcome }) => outcome === 'stopped')
      assert.deepEqual([steps[at]?.step, steps[at]?.summary], [step, detail], args.join(' '))
      if (step !== 'identity')
        assert.deepEqual(
          steps[at]?.lines.map(({ snippet }) => snippet),
          snippets,
          args.join(' '),
        )
      assert.ok(steps.slice(0, at).every(({ outcome }) => outcome === 'passed'))
      assert.ok(steps.slice(at + 1).every(({ outcome, lines }) => outcome === 'not_reached' && lines.length === 0))
    }
  })

  it('are printed by the command, and tell no secret that shares a line with them', async (t) => {
    const gateway = await explainedGateway(t)
    const config = join(gateway.cwd, 'certgate.yml')
    const flow =
      'tls: { certificate: { cert: server.crt, key: server.key, passphrase: hush }, client_ca: [ca.crt], clientauth_mode: OPTIONAL }'
    writeFileSync(config, readFileSync(config, 'utf8').replace(/tls:\n(?: {6}.*\n)+/, `${flow}\n`))
    const terminal = testTerminal({ cwd: gateway.cwd })
    assert.equal(await explainCommand.run(['--cn', 'CLIENT1', 'GET', '/movies/x'], terminal), 0)
    assert.match(terminal.stdout(), /^steps +request +passed +certgate\.yml:\d+ {2}main:$/m)
    assert.match(terminal.stdout(), /^ +chain +not checked +certgate\.yml:\d+ {2}tls: .*\*\*\*/m)
    assert.match(terminal.stdout(), /^ +roles +passed +roles_mapping\.yml:3 {2}- CLIENT1$/m)
    assert.doesNotMatch(terminal.stdout(), /hush/)
  })

  it('show no text of files that are others by now, and say so', async (t) => {
    const gateway = await explainedGateway(t)
    const snapshot = await loadSnapshot(undefined, testTerminal({ cwd: gateway.cwd }))
    gateway.write('roles_mapping.yml', '# another\nadmin: { users: [CLIENT1] }\n')
    gateway.write(
      'certgate.yml',
      `${readFileSync(join(gateway.cwd, 'certgate.yml'), 'utf8')}  - { path: /x, allow: [admin], upstream: search }\n`,
    )
    const question = readQuestion('GET', '/movies/x', { listener: undefined, host: undefined, address: undefined }, snapshot.settings)
    const registry = await registryOfKey(null, Buffer.of())
    const { peer, unreached, ...presented } = present(snapshot, question, { cn: 'CLIENT1' }, Date.now(), { registry, knownStatus: null })
    const policy = compilePolicy(snapshot.settings, snapshot.mapping, snapshot.listeners.values())
    const verdict = await judge(snapshot, policy, question, { peer, user: null, unreached })
    const said = explanationOf(snapshot, policy, question, verdict, { ...presented, peer, imagined: true, cwd: gateway.cwd })
    assert.equal(said.allowed, true)
    const lines = said.steps.flatMap(({ lines }) => lines)
    assert.deepEqual(
      lines.map(({ snippet }) => snippet),
      [null, null],
    )
    assert.equal(said.notes.filter((note) => note.endsWith('is not what is in force any more: its lines cannot be shown')).length, 2)
  })
})
