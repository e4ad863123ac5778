import assert from 'node:assert/strict'
import { chmodSync, chownSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { MappingRefused, MappingStore } from '../../../../src/admin/mapping/mapping-store.ts'
import type { RoleEntry } from '../../../../src/config/role-entry.ts'
import { AT_SOCKET, callerWith } from '../../../support/administered-files.ts'
import { audited, leftOver, opened, problem, role } from './mapping-fixture.ts'

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
