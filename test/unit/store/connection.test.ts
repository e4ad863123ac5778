import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Connection } from '../../../src/store/connection.ts'
import { temporaryFolder } from '../../support/authority.ts'
import { CLI, newEntry, temporaryStore } from '../../support/registry-store.ts'

function table(t: { after(callback: () => void): void }) {
  const { path, remove } = temporaryFolder()
  const connection = new Connection(`${path}/a.db`, { busyTimeout: 50 })
  connection.exec('CREATE TABLE a (n INTEGER NOT NULL) STRICT')
  t.after(() => {
    connection.close()
    remove()
  })
  const insert = (n: number | null) => connection.run('INSERT INTO a (n) VALUES (?)', n)
  const numbers = () => connection.all('SELECT n FROM a ORDER BY n').map((row) => row.n)
  return { connection, insert, numbers }
}

test('a transaction is kept whole or not at all', (t) => {
  const { connection, insert, numbers } = table(t)
  assert.equal(
    connection.write(() => {
      insert(1)
      insert(2)
      return 'kept'
    }),
    'kept',
  )
  assert.throws(
    () =>
      connection.write(() => {
        insert(3)
        throw new Error('thrown by the change')
      }),
    /thrown by the change/,
  )
  assert.deepEqual(numbers(), [1, 2])
})

test('a part that fails takes only itself back when the outer change goes on', (t) => {
  const { connection, insert, numbers } = table(t)
  connection.write(() => {
    insert(1)
    assert.throws(
      () =>
        connection.write(() => {
          insert(2)
          connection.write(() => insert(3))
          insert(null)
        }),
      /NOT NULL constraint failed/,
    )
    connection.write(() => insert(4))
  })
  assert.deepEqual(numbers(), [1, 4])
})

test('a change that waits for something is refused, and not kept', async (t) => {
  const { connection, insert, numbers } = table(t)
  assert.throws(
    () =>
      connection.write(async () => {
        insert(1)
        throw new Error('its own failure is nobody else to handle')
      }),
    /synchronous/,
  )
  assert.deepEqual(numbers(), [])
})

test('after a failure that ended the whole transaction, nothing is written outside it', (t) => {
  const { connection, insert, numbers } = table(t)
  assert.throws(
    () =>
      connection.write(() => {
        insert(1)
        connection.exec('ROLLBACK')
        insert(2)
      }),
    /rolled back by a failure before/,
  )
  assert.deepEqual(numbers(), [])
  connection.write(() => insert(5))
  assert.deepEqual(numbers(), [5])
})

test('nor is anything written or read there by a statement that answers with rows', (t) => {
  const { connection, insert, numbers } = table(t)
  const later = [
    () => connection.get('INSERT INTO a (n) VALUES (2) RETURNING n'),
    () => connection.all('INSERT INTO a (n) VALUES (3) RETURNING n'),
    () => connection.select('SELECT n FROM a WHERE n = :n', { n: 1 }),
  ]
  for (const step of later) {
    const change = () => {
      insert(1)
      connection.exec('ROLLBACK')
      step()
    }
    assert.throws(() => connection.write(change), /rolled back by a failure before/)
  }
  assert.deepEqual(numbers(), [])
})

test('several changes and what they were decided on are one transaction of the store', (t) => {
  const { store } = temporaryStore(t)
  const [admin] = store.registry.add([newEntry({ clearance: 'ClusterAdmin' })], CLI)
  assert.throws(
    () =>
      store.write(() => {
        store.registry.disable(admin?.fingerprint ?? '', CLI)
        if (store.registry.countUsable(['ClusterAdmin']) === 0) throw new Error('the last usable admin stays')
      }),
    /the last usable admin stays/,
  )
  assert.equal(store.registry.get(admin?.fingerprint ?? '')?.disabled, false)
  assert.equal(store.audit.head().sequence, 1)
})
