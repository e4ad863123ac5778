import { randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import type { Connection } from './connection.ts'
import { StoreError } from './failure.ts'
import { APPLICATION_ID, MIGRATIONS, VERSION_TABLE } from './schema.ts'

export const SCHEMA_VERSION = MIGRATIONS.length

/**
 * Brings the schema to the newest version in one transaction; a new file gets all of it, an interrupted attempt leaves none of it.
 * Throws `store_foreign`, `store_newer` or `store_corrupt` for a file that is not one of ours as this version knows them: fails closed.
 */
export function migrate(connection: Connection, now: number): void {
  if (assertOurs(connection) < SCHEMA_VERSION) upgrade(connection, now)
  assertSchema(connection)
}

function upgrade(connection: Connection, now: number): void {
  connection.write(() => {
    // Read again under the lock: another process may have been first.
    const version = assertOurs(connection)
    if (version === 0) {
      connection.exec(VERSION_TABLE)
      connection.exec(`PRAGMA application_id = ${APPLICATION_ID}`)
    }
    for (let next = version; next < SCHEMA_VERSION; next++) {
      connection.exec(MIGRATIONS[next] as string)
      connection.run('INSERT INTO schema_version (version, applied_at) VALUES (?, ?)', next + 1, now)
    }
    connection.run('INSERT OR IGNORE INTO registry (id, epoch, version, forgotten) VALUES (1, ?, 0, 0)', randomUUID())
  })
}

/** The version of the schema; 0: the file is empty. Throws unless the file is a store that this certgate knows. */
export function assertOurs(connection: Connection): number {
  const file = connection.file
  const id = Number(connection.get('PRAGMA application_id')?.application_id)
  const objects = Number(connection.get('SELECT count(*) AS count FROM sqlite_schema')?.count)
  if (objects === 0 && id === 0) return 0
  if (id !== APPLICATION_ID) {
    throw new StoreError('store_foreign', `store ${file} is a database of another program`, {
      hint: 'name another file in store: { sqlite: ... }; this one was left as it is',
    })
  }
  const table = connection.get("SELECT name FROM sqlite_schema WHERE type = 'table' AND name = 'schema_version'")
  const version =
    table === undefined ? 0 : Number(connection.get('SELECT coalesce(max(version), 0) AS version FROM schema_version')?.version)
  if (version === 0) throw damaged(file, 'it does not say which version it has')
  if (version > SCHEMA_VERSION) {
    throw new StoreError(
      'store_newer',
      `store ${file} was made by a newer certgate (schema ${version}, this one knows ${SCHEMA_VERSION})`,
      {
        hint: 'run that version, or restore a backup made by this one; the file was left as it is',
      },
    )
  }
  return version
}

/** Tables, indexes and triggers are those that certgate makes: without its triggers the audit log could be edited. */
export function assertSchema(connection: Connection, version = SCHEMA_VERSION): void {
  const there = schemaOf((sql) => connection.all(sql))
  const expected = expectedSchema(version)
  for (const [name, sql] of expected) {
    if (there.get(name) !== sql) throw damaged(connection.file, `${name} is ${there.has(name) ? 'not what certgate makes' : 'missing'}`)
  }
  // A trigger from elsewhere would act with every change.
  for (const name of there.keys()) {
    if (!expected.has(name) && !name.startsWith('table sqlite_')) throw damaged(connection.file, `${name} is not one of certgate`)
  }
}

const expectedSchemas = new Map<number, ReadonlyMap<string, string>>()

function expectedSchema(version: number): ReadonlyMap<string, string> {
  const known = expectedSchemas.get(version)
  if (known !== undefined) return known
  const model = new DatabaseSync(':memory:')
  try {
    for (const sql of [VERSION_TABLE, ...MIGRATIONS.slice(0, version)]) model.exec(sql)
    const schema = schemaOf((sql) => model.prepare(sql).all())
    expectedSchemas.set(version, schema)
    return schema
  } finally {
    model.close()
  }
}

function schemaOf(all: (sql: string) => Record<string, unknown>[]): Map<string, string> {
  const rows = all('SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL')
  return new Map(rows.map((row) => [`${row.type} ${row.name}`, withoutComments(String(row.sql))]))
}

/** SQLite keeps a statement as it was written; its comments and line breaks are free to change. */
function withoutComments(sql: string): string {
  return sql
    .replace(/--[^\n]*/g, '')
    .replace(/\s+/g, ' ')
    .trim()
}

function damaged(file: string, reason: string): StoreError {
  return new StoreError('store_corrupt', `store ${file} is damaged: ${reason}`, {
    hint: 'move it and its -wal and -shm files away, and run "certgate restore" with a backup',
  })
}
