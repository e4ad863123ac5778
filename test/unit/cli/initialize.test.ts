import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { initialize } from '../../../src/cli/initialize.ts'
import { readCertificate } from '../../../src/identity/certificate.ts'
import { openStore } from '../../../src/store/store.ts'
import { temporaryFolder } from '../../support/authority.ts'

const requestFor = (folder: string) => ({
  folder,
  names: ['localhost'],
  cwd: folder,
  listen: '127.0.0.1:8443',
  telemetry: '127.0.0.1:9464',
  admin: '127.0.0.1:0',
  upstream: { name: 'app', target: 'http://127.0.0.1:1' },
})

test('everything that is issued is on record, and the administrator holds ClusterAdmin', async (t) => {
  const { path } = temporaryFolder(t)
  const folder = join(path, 'data')
  await initialize(requestFor(folder))
  const file = join(folder, 'certgate.db')
  assert.equal(statSync(file).mode & 0o777, 0o600)
  const store = openStore(file)
  t.after(() => store.close())
  const { entries, total } = store.registry.list()
  const [admin] = entries
  const der = new X509Certificate(readFileSync(join(folder, 'clients', 'admin.crt'))).raw
  assert.deepEqual([total, admin?.name, admin?.clearance, admin?.origin], [1, 'admin', 'ClusterAdmin', 'issued'])
  assert.ok(admin?.der.equals(der))
  for (const name of ['clients/admin.crt', 'server.crt', 'ca/issuing.crt']) {
    const certificate = new X509Certificate(readFileSync(join(folder, name)))
    const recorded = store.issuance.byFingerprint(certificate.fingerprint256.replaceAll(':', '').toLowerCase())
    assert.equal(recorded?.serial, readCertificate(certificate.raw).serial, name)
  }
  assert.equal((await store.check()).audit.entries > 0, true)
  assert.deepEqual(
    store.audit.read().map(({ action, actor }) => `${action} ${actor.name}`),
    ['issuance.record cli', 'issuance.record cli', 'certificate.add cli'],
  )
})

test('what was there stays, and nothing is left of what failed', async (t) => {
  const { path } = temporaryFolder(t)
  for (const name of ['certgate.db', 'certgate.db-wal', 'certgate.db-journal', 'server.key']) {
    const folder = join(path, name)
    mkdirSync(folder)
    writeFileSync(join(folder, name), 'precious')
    await assert.rejects(initialize(requestFor(folder)), { code: 'file_exists' })
    assert.deepEqual(readdirSync(folder), [name])
    assert.equal(readFileSync(join(folder, name), 'utf8'), 'precious')
    rmSync(folder, { recursive: true })
  }
})
