import assert from 'node:assert/strict'
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { MappingRefused, MappingStore } from '../../../../src/admin/mapping/mapping-store.ts'
import type { AdminProblem } from '../../../../src/admin/problem.ts'
import { EMPTY_ROLE, type RoleEntry } from '../../../../src/config/role-entry.ts'
import { type AdministeredFiles, AT_SOCKET, administeredFiles, callerWith } from '../../../support/administered-files.ts'

const role = (...users: string[]): RoleEntry => ({ ...EMPTY_ROLE, users })

async function opened(t: TestContext, given: Parameters<typeof administeredFiles>[1] = {}) {
  const files = await administeredFiles(t, given)
  return { files, mappings: new MappingStore(files.context), file: join(files.folder, 'roles_mapping.yml') }
}

const leftOver = ({ folder }: AdministeredFiles) => readdirSync(folder).filter((name) => name.startsWith('.'))
const audited = ({ context }: AdministeredFiles) => context.store.audit.read({ filter: { action: 'mapping.*' } })
const problem = (status: number, reason: string) => (error: AdminProblem) => {
  assert.deepEqual([error.status, error.reason], [status, reason], error.message)
  return true
}

describe('edits of the mapping file', () => {
  it('keep comments, order, mode and everything that was not meant', async (t) => {
    const { files, mappings, file } = await opened(t)
    chmodSync(file, 0o640)
    const before = files.read()
    await mappings.edit(() => new Map([['readall', role('CLIENT0', 'CLIENT1')]]), AT_SOCKET)
    assert.equal(files.read(), before.replace('    - CLIENT0 # the first\n', '    - CLIENT0 # the first\n    - CLIENT1\n'))
    assert.equal(statSync(file).mode & 0o777, 0o640)
    assert.deepEqual(leftOver(files), [])
  })

  it('keep the owner', { skip: process.geteuid?.() !== 0 && 'only the superuser may give files away' }, async (t) => {
    const { mappings, file } = await opened(t)
    chownSync(file, 4_711, 4_712)
    await mappings.edit(() => new Map([['x', role('x')]]), AT_SOCKET)
    const { uid, gid } = statSync(file)
    assert.deepEqual([uid, gid], [4_711, 4_712])
  })

  it('lose nothing when twenty come at once', async (t) => {
    const { files, mappings } = await opened(t)
    const names = Array.from({ length: 20 }, (_, index) => `role-${index}`)
    await Promise.all(names.map((name) => mappings.edit(() => new Map([[name, role(name)]]), AT_SOCKET)))
    const { roles } = mappings.read()
    assert.deepEqual([...roles.keys()].sort(), [...names, 'admin', 'kept', 'readall'].sort())
    assert.equal(audited(files).length, 20)
  })

  it('are refused to who lost their rights while they waited for their turn', async (t) => {
    const { files, mappings } = await opened(t)
    const caller = callerWith(files, 'ClusterAdmin')
    files.reloads.before = () => files.context.store.registry.disable(caller.actor.fingerprint ?? '', AT_SOCKET.actor)
    const first = mappings.edit(() => new Map([['x', role('x')]]), AT_SOCKET)
    await assert.rejects(
      mappings.edit(() => new Map([['y', role('y')]]), caller),
      problem(403, 'clearance_too_low'),
    )
    await first
    assert.deepEqual([mappings.read().roles.has('x'), mappings.read().roles.has('y')], [true, false])
    assert.equal(audited(files).at(-1)?.outcome, 'refused')
  })

  it('give others their turn between their steps, and are refused to who lost their rights in one', async (t) => {
    const { files, mappings } = await opened(t)
    const text = files.read()
    const caller = callerWith(files, 'ClusterAdmin')
    let turns = 0
    const turn = () => {
      turns++
      if (turns === 3) files.context.store.registry.disable(caller.actor.fingerprint ?? '', AT_SOCKET.actor)
      turning = setImmediate(turn)
    }
    let turning = setImmediate(turn)
    t.after(() => clearImmediate(turning))
    await assert.rejects(
      mappings.edit(() => new Map([['x', role('x')]]), caller),
      problem(403, 'clearance_too_low'),
    )
    assert.ok(turns >= 4, `${turns} turns`)
    assert.equal(files.read(), text)
  })

  it('lose nothing when two processes edit at once', async (t) => {
    const { files, mappings } = await opened(t)
    const other = new MappingStore(files.context)
    const names = Array.from({ length: 10 }, (_, index) => `role-${index}`)
    await Promise.all(names.map((name, index) => (index % 2 === 0 ? mappings : other).edit(() => new Map([[name, role(name)]]), AT_SOCKET)))
    for (const name of names) assert.ok(mappings.read().roles.has(name), name)
  })

  it('are made anew on what somebody else wrote in between', async (t) => {
    const { files, mappings } = await opened(t)
    let looks = 0
    await mappings.edit(() => {
      looks++
      if (looks === 1)
        files.write('roles_mapping.yml', files.read().replace('# readers', '# by hand\n# readers').replace('CLIENT0', 'HAND'))
      return new Map([['mine', role('me')]])
    }, AT_SOCKET)
    assert.equal(looks, 2)
    assert.match(files.read(), /# by hand\n# readers/)
    assert.deepEqual(mappings.read().roles.get('readall')?.users, ['HAND'])
    assert.deepEqual(mappings.read().roles.get('mine')?.users, ['me'])
    assert.deepEqual(
      audited(files).map(({ action }) => action),
      ['mapping.edit', 'mapping.undo', 'mapping.edit'],
    )
    assert.deepEqual(leftOver(files), [])
  })

  it('give up when the file never stands still, and lose nothing', async (t) => {
    const { files, mappings } = await opened(t)
    let looks = 0
    const edited = mappings.edit(() => {
      files.write('roles_mapping.yml', `readall: { users: [n${looks++}] }\n`)
      return new Map([['mine', role('me')]])
    }, AT_SOCKET)
    await assert.rejects(edited, problem(409, 'mapping_busy'))
    assert.equal(files.read(), `readall: { users: [n${looks - 1}] }\n`)
    assert.deepEqual(leftOver(files), [])
  })

  it('say in the audit log what changed, and before it changes', async (t) => {
    const { files, mappings, file } = await opened(t)
    files.reloads.before = () => assert.equal(audited(files).length, 1)
    await mappings.edit(
      () =>
        new Map<string, RoleEntry | null>([
          ['readall', { ...role('CLIENT1'), hidden: true }],
          ['admin', null],
        ]),
      AT_SOCKET,
    )
    const [entry] = audited(files)
    assert.equal(entry?.target, file)
    assert.deepEqual(entry?.details.roles, [
      {
        role: 'readall',
        change: 'changed',
        fields: { users: { added: ['CLIENT1'], removed: ['CLIENT0'] }, hidden: { before: false, after: true } },
      },
      {
        role: 'admin',
        change: 'deleted',
        fields: { users: { added: [], removed: ['root'] }, description: { before: 'all of it', after: null } },
      },
    ])
    assert.deepEqual(
      files.events.map(({ kind }) => kind),
      ['mapping'],
    )
  })

  it('are not made where they cannot be recorded', async (t) => {
    const { files } = await opened(t)
    const before = files.read()
    const audit = { append: () => assert.fail('the disk is full') }
    const store = { ...files.context.store, audit } as unknown as typeof files.context.store
    await assert.rejects(
      new MappingStore({ ...files.context, store }).edit(() => new Map([['x', role('x')]]), AT_SOCKET),
      /the disk is full/,
    )
    assert.equal(files.read(), before)
    assert.deepEqual(leftOver(files), [])
  })

  it('do nothing where they change nothing', async (t) => {
    const { files, mappings } = await opened(t)
    const { changes } = await mappings.edit((roles) => new Map([['admin', roles.get('admin') as RoleEntry]]), AT_SOCKET)
    assert.deepEqual([changes, files.reloads.count, audited(files)], [[], 0, []])
  })
})

describe('an edit that is not taken up', () => {
  it('is refused before anything is written, with every problem', async (t) => {
    const { files, mappings } = await opened(t)
    const before = files.read()
    await assert.rejects(
      mappings.rewrite(() => 'a: { users: ["/(/"] }\nb: { usres: [] }\n', AT_SOCKET),
      (error: MappingRefused) => {
        assert.ok(error instanceof MappingRefused)
        assert.deepEqual(
          error.problems.map(({ line, severity }) => [line, severity]),
          [
            [1, 'error'],
            [2, 'error'],
          ],
        )
        return true
      },
    )
    assert.deepEqual([files.read(), audited(files), files.reloads.count], [before, [], 0])
  })

  it('is put back, and the log says so, where the gateway cannot load its files', async (t) => {
    const { files, mappings, file } = await opened(t)
    const [before, { ino }] = [files.read(), statSync(file)]
    files.reloads.before = () => files.write('certgate.yml', 'listeners: {')
    await assert.rejects(
      mappings.edit(() => new Map([['x', role('x')]]), AT_SOCKET),
      problem(409, 'reload_failed'),
    )
    assert.equal(files.read(), before)
    assert.equal(statSync(file).ino, ino, 'the very file')
    assert.deepEqual(
      audited(files).map(({ action }) => action),
      ['mapping.edit', 'mapping.undo'],
    )
    assert.deepEqual(leftOver(files), [])
  })

  it('is put back with 400 where the loader does not like the mapping after all', async (t) => {
    const { files } = await opened(t)
    const before = files.read()
    const file = join(files.folder, 'roles_mapping.yml')
    const refusal = { severity: 'error' as const, message: 'not this', path: '', file, line: 3, column: 1, snippet: '' }
    const reload = async () => ({ outcome: 'failed' as const, message: 'no', problems: [refusal] })
    const mappings = new MappingStore({ ...files.context, reload })
    await assert.rejects(
      mappings.edit(() => new Map([['x', role('x')]]), AT_SOCKET),
      (error: MappingRefused) => {
        assert.deepEqual([error.status, error.problems], [400, [refusal]])
        return true
      },
    )
    assert.equal(files.read(), before)
  })

  it('leaves what somebody else wrote meanwhile', async (t) => {
    const { files } = await opened(t)
    const theirs = 'readall: { users: [theirs] }\n'
    const reload = async () => {
      files.write('roles_mapping.yml', theirs)
      return { outcome: 'failed' as const, message: 'no', problems: [] }
    }
    await assert.rejects(
      new MappingStore({ ...files.context, reload }).edit(() => new Map([['x', role('x')]]), AT_SOCKET),
      problem(409, 'reload_failed'),
    )
    assert.equal(files.read(), theirs)
    assert.deepEqual(leftOver(files), [])
  })
})

describe('a mapping file that is not to be written', () => {
  const edit = (mappings: MappingStore) => mappings.edit(() => new Map([['x', role('x')]]), AT_SOCKET)

  it('is not where it is read-only, and the answer says so', async (t) => {
    const { files, mappings, file } = await opened(t)
    chmodSync(file, 0o444)
    await assert.rejects(edit(mappings), (error: AdminProblem) => {
      assert.match(error.message, /is read-only/)
      return problem(409, 'read_only')(error)
    })
    assert.deepEqual([leftOver(files), audited(files)], [[], []])
  })

  it('is not where its folder is not writable', { skip: process.geteuid?.() !== 0 && 'needs another user' }, async (t) => {
    const { files, mappings, file } = await opened(t)
    const before = files.read()
    files.context.store.audit.head()
    chmodSync(file, 0o666)
    chmodSync(files.folder, 0o555)
    process.seteuid?.(65_534)
    try {
      await assert.rejects(edit(mappings), problem(409, 'read_only'))
    } finally {
      process.seteuid?.(0)
      chmodSync(files.folder, 0o700)
    }
    assert.deepEqual([files.read(), leftOver(files), audited(files)], [before, [], []])
  })

  it('is made where it is configured and absent, and removed where it is refused', async (t) => {
    const { files, mappings, file } = await opened(t)
    unlinkSync(file)
    assert.deepEqual([...mappings.read().roles], [])
    const reload = async () => ({ outcome: 'failed' as const, message: 'no', problems: [] })
    await assert.rejects(edit(new MappingStore({ ...files.context, reload })), problem(409, 'reload_failed'))
    assert.deepEqual(readdirSync(files.folder).includes('roles_mapping.yml'), false)
    await edit(mappings)
    assert.equal(files.read(), 'x:\n  users:\n    - x\n')
  })

  it('is not there where none is configured', async (t) => {
    const config =
      'listeners:\n  main: { address: 127.0.0.1:8443, tls: off }\nroutes:\n  - { name: a, path: /**, allow: [anonymous], upstream: a }\nupstreams: { a: { targets: ["http://127.0.0.1:1"] } }\nauth: { anonymous: true }\n'
    const { mappings } = await opened(t, { config })
    assert.deepEqual([...mappings.read().roles], [])
    await assert.rejects(edit(mappings), problem(409, 'mapping_not_configured'))
  })

  it('is written through a symbolic link, which stays one', async (t) => {
    const { files, mappings, file } = await opened(t)
    const text = files.read()
    const elsewhere = join(files.folder, 'elsewhere')
    mkdirSync(elsewhere)
    writeFileSync(join(elsewhere, 'real.yml'), text)
    unlinkSync(file)
    symlinkSync(join('elsewhere', 'real.yml'), file)
    await edit(mappings)
    assert.ok(lstatSync(file).isSymbolicLink())
    assert.match(files.read('elsewhere/real.yml'), /\nx:\n/)
    rmSync(join(elsewhere, 'real.yml'))
    await assert.rejects(edit(mappings), problem(409, 'dangling_link'))
    assert.deepEqual(readdirSync(elsewhere), [])
  })

  it('is not what is no file at all', async (t) => {
    const { mappings, file } = await opened(t)
    unlinkSync(file)
    mkdirSync(file)
    await assert.rejects(edit(mappings), problem(409, 'unreadable'))
  })

  it('is left to a person where it cannot be read as a mapping, unless it is written as a whole', async (t) => {
    const { files, mappings } = await opened(t)
    files.write('roles_mapping.yml', 'readall: [\n')
    await assert.rejects(edit(mappings), problem(409, 'mapping_unusable'))
    await mappings.rewrite(() => 'readall: { users: [a] }\n', AT_SOCKET)
    assert.equal(files.read(), 'readall: { users: [a] }\n')
  })
})
