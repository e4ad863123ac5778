import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { FromWorker } from '../../../src/ipc/messages.ts'
import { writeBase } from '../../../src/tls/registry-base-writer.ts'
import type { TrustRecord } from '../../../src/tls/registry-types.ts'
import { RegistryHolder } from '../../../src/worker/registry-holder.ts'
import { temporaryFolder } from '../../support/authority.ts'
import { eventually } from '../../support/eventually.ts'
import { inventedRecord } from '../../support/registry.ts'

const [one, two] = [inventedRecord(1), inventedRecord(2)]

function holder(t: { after(callback: () => void): void }) {
  const folder = temporaryFolder(t)
  const sent: FromWorker[] = []
  /** What happened, in order: whom to judge, and answers. */
  const happened: unknown[] = []
  const made = new RegistryHolder(
    (message) => {
      sent.push(message)
      if (message.kind === 'registry') happened.push([message.id, message.version, message.gap === null])
    },
    (pins) => happened.push(pins === null ? 'all' : [...pins]),
  )
  const file = join(folder.path, 'base')
  const seal = (version: number, entries: TrustRecord[], epoch = 'e') => writeBase(file, { entries, epoch, version })
  const base = (id: number, version: number, epoch = 'e') => made.receive({ kind: 'registry_base', id, file, epoch, version, bytes: null })
  const put = (id: number, follows: number, record: TrustRecord, epoch = 'e') => {
    const version = follows + 1
    const delta = { epoch, follows, version, changes: [{ kind: 'put' as const, version, record }] }
    made.receive({ kind: 'registry_delta', id, delta })
  }
  const answered = (id: number) =>
    eventually(`answer ${id}`, () => sent.some((message) => message.kind === 'registry' && message.id === id))
  const entry = (record: TrustRecord) => made.registry.standing(record.fingerprint, record.pin).entry
  return { made, happened, seal, base, put, answered, entry, file }
}

test('whom a change is about is judged before it is answered', async (t) => {
  const { seal, base, put, answered, happened, entry } = holder(t)
  await seal(1, [one])
  base(1, 1)
  await answered(1)
  put(2, 1, { ...one, disabled: true })
  assert.deepEqual(happened, ['all', [1, 1, true], [one.pin], [2, 2, true]])
  assert.equal(entry(one)?.disabled, true)
})

test('changes wait for the first base, and not for one that only replaces what is known', async (t) => {
  const { seal, base, put, answered, happened, entry } = holder(t)
  await seal(1, [one])
  base(1, 1)
  put(2, 1, two)
  assert.deepEqual(happened, [])
  await answered(2)
  assert.deepEqual(happened, ['all', [1, 1, true], [two.pin], [2, 2, true]])
  happened.length = 0
  await seal(2, [one, two])
  base(3, 2)
  put(4, 2, { ...two, disabled: true })
  assert.deepEqual(happened, [[two.pin], [4, 3, true]])
  await answered(3)
  assert.equal(entry(two)?.disabled, true)
})

test('what something is missing before is not taken up, and told', async (t) => {
  const { seal, base, put, answered, happened, entry } = holder(t)
  await seal(1, [one])
  base(1, 1)
  await answered(1)
  put(2, 5, two)
  put(3, 1, two, 'another')
  assert.deepEqual(happened.slice(2), [
    [2, 1, false],
    [3, 1, false],
  ])
  assert.equal(entry(two), null)
})

test('a base that is damaged, old or of another registry leaves what was there', async (t) => {
  const { seal, base, answered, happened, entry } = holder(t)
  await seal(3, [one])
  base(1, 3)
  await answered(1)
  base(2, 4)
  await answered(2)
  base(3, 3, 'another')
  await answered(3)
  await seal(2, [])
  base(4, 2)
  await answered(4)
  assert.deepEqual(happened.slice(2), [
    [2, 3, false],
    [3, 3, false],
    [4, 3, false],
  ])
  assert.ok(entry(one) !== null)
})
