import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { backupV1 } from '../../../../src/admin/v1/backup.ts'
import { administeredFiles, asking, callerWith } from '../../../support/administered-files.ts'

it('a backup is asked for on the machine itself, whoever it is, and who asks from elsewhere is on record', async (t) => {
  const files = await administeredFiles(t)
  const ask = asking([backupV1(files.context)])
  const folder = join(files.folder, 'backup')
  for (const [clearance, code] of [
    ['ClusterAdmin', 'socket_only'],
    ['Operator', 'clearance_too_low'],
  ] as const) {
    const { status, json } = await ask('POST /api/v1/backup', { caller: callerWith(files, clearance, clearance), body: { folder } })
    assert.deepEqual([status, (json as { code: string }).code], [403, code])
  }
  const refused = files.context.store.audit.read({ filter: { action: 'store.backup' } })
  assert.deepEqual(
    refused.map(({ outcome, details }) => [outcome, details.code]),
    [
      ['refused', 'socket_only'],
      ['refused', 'clearance_too_low'],
    ],
  )
  for (const body of ['{"folder":"/a","folder":"/b"}', { folder: 'relative' }, { folder, other: 1 }, {}])
    assert.equal((await ask('POST /api/v1/backup', { body })).status, 400)
  assert.equal(existsSync(folder), false)
})
