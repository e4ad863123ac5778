/** The promise: where the disk is full a change is refused with 507 and nothing of it is kept; once there is room, all goes on. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { startAdministeredGateway } from '../support/administered-gateway.ts'
import { temporaryFolder } from '../support/authority.ts'

const BLOCK = Buffer.alloc(4096, 1)

/** A file system of a few megabytes that temporary folders lie on; null where this user may mount none. */
function smallDisk(t: TestContext): string | null {
  const { path, remove } = temporaryFolder()
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', path]).status !== 0) {
    remove()
    return null
  }
  const before = process.env.TMPDIR
  process.env.TMPDIR = path
  t.after(() => {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
    spawnSync('umount', ['-l', path])
    remove()
  })
  return path
}

/** Takes all that is left. */
function fill(file: string): void {
  const descriptor = openSync(file, 'a')
  try {
    for (;;) writeSync(descriptor, BLOCK)
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC')
  } finally {
    closeSync(descriptor)
  }
}

test('mapping and issuance are refused whole while the disk is full, and work again after', async (t) => {
  const disk = smallDisk(t)
  if (disk === null) return t.skip('this user may not mount a small file system')
  const gateway = await startAdministeredGateway(t)
  const mapping = join(gateway.folder, 'roles_mapping.yml')
  const edit = (role: string) => gateway.local(`PUT /_plugins/_security/api/rolesmapping/${role}`, { users: ['somebody'] })
  const issue = (name: string) => gateway.local('POST /api/v1/certificates', { name, clearance: 'ValidUser', format: 'json' })
  const total = async () => JSON.parse((await gateway.local('GET /api/v1/certificates')).body.toString()).total as number
  assert.equal((await edit('first')).status, 201)
  const text = readFileSync(mapping, 'utf8')
  const filler = join(disk, 'filler')
  fill(filler)

  const refused = await edit('second')
  assert.equal(refused.status, 507, refused.body.toString())
  assert.equal(readFileSync(mapping, 'utf8'), text)
  assert.deepEqual(
    readdirSync(gateway.folder).filter((name) => name.startsWith('.roles_mapping')),
    [],
  )
  assert.equal((await gateway.local('GET /_plugins/_security/api/rolesmapping/second')).status, 404)

  const released: string[] = []
  const before = await total()
  let status = 201
  // What the store had room for already may still be written.
  while (status === 201 && released.length < 500) {
    const answer = await issue(`client-${released.length}`)
    status = answer.status
    if (status === 201) released.push(JSON.parse(answer.body.toString()).certificate.fingerprint)
  }
  assert.equal(status, 507)
  assert.equal(await total(), before + released.length)

  rmSync(filler)
  assert.equal((await issue('late')).status, 201)
  assert.equal((await edit('second')).status, 201)
  await gateway.program.kill()
  await gateway.restart()
  assert.equal(await total(), before + released.length + 1)
  for (const fingerprint of released) assert.equal((await gateway.local(`GET /api/v1/certificates/${fingerprint}`)).status, 200)
})
