import assert from 'node:assert/strict'
import { chmodSync, lstatSync, mkdirSync, readdirSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { MappingStore } from '../../../../src/admin/mapping/mapping-store.ts'
import type { AdminProblem } from '../../../../src/admin/problem.ts'
import { AT_SOCKET } from '../../../support/administered-files.ts'
import { audited, leftOver, opened, problem, role } from './mapping-fixture.ts'

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
