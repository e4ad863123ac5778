import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openRegistryService } from '../../../../src/control/registry/service.ts'
import type { Logger } from '../../../../src/observability/logger.ts'
import { temporaryFolder } from '../../../support/authority.ts'
import { unprivileged } from '../../../support/unprivileged.ts'

function open(file: string, byDefault: boolean) {
  const warned: string[] = []
  const log = { warn: (_fields: unknown, message: string) => warned.push(message) } as unknown as Logger
  return { opened: openRegistryService({ kind: 'sqlite', file, byDefault, maxStale: 900_000 }, log, { workers: [], busyFor: 0 }), warned }
}

test('an empty store is made where none is', async (t) => {
  const { path } = temporaryFolder(t)
  const { opened, warned } = open(join(path, 'data', 'certgate.db'), true)
  const service = await opened
  assert.deepEqual([service?.store.registry.list().total, service?.publisher.registry.version, warned], [0, 0, []])
  service?.close()
})

test('in a folder that cannot be written there is none by default, and one that is named ends the start', async (t) => {
  const { path } = temporaryFolder(t)
  const folder = join(path, 'read-only')
  mkdirSync(folder)
  chmodSync(folder, 0o555)
  const file = join(folder, 'data', 'certgate.db')
  await unprivileged(path, async () => {
    const { opened, warned } = open(file, true)
    assert.equal(await opened, null)
    assert.deepEqual(warned, [`there is no registry of certificates: ${file} cannot be made`])
    await assert.rejects(open(file, false).opened, { code: 'io_failed' })
  })
})

test('a store that is there and cannot be used is never passed over', async (t) => {
  const { path } = temporaryFolder(t)
  const file = join(path, 'certgate.db')
  writeFileSync(file, 'no database '.repeat(100))
  await assert.rejects(open(file, true).opened, { code: 'store_corrupt' })
})
