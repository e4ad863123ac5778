import { DatabaseSync } from 'node:sqlite'
import { DAY } from './registry-store.ts'

/**
 * Puts as many certificates, `user-000000` and on, into the store of a gateway that is stopped, in one statement for each table: one by one
 * takes minutes. They have no certificate worth the name, so that they can only be listed.
 */
export function fillRegistry(file: string, many: number): void {
  const database = new DatabaseSync(file)
  try {
    database.exec('BEGIN IMMEDIATE')
    const { version, last } = database.prepare('SELECT version, (SELECT max(id) FROM entry) AS last FROM registry').get() as {
      version: number
      last: number
    }
    const numbers = 'WITH RECURSIVE number (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n + 1 < :many)'
    const entries = `${numbers} INSERT INTO entry (id, fingerprint, thumbprint, name, name_key, subject_dn, issuer_dn, serial, pin, sans,
        not_before, not_after, clearance, permissions, origin, leaf_group, created_at, created_by, version)
      SELECT :last + 1 + n, printf('%064x', n), printf('%040X', n), printf('user-%06d', n), printf('user-%06d', n), printf('CN=user-%06d', n),
        'CN=elsewhere', printf('%032X', n + 1), printf('%064x', n), '[]', :now - ${DAY}, :now + ${365 * DAY}, 'ValidUser', '[]', 'trusted',
        printf('%064x', n), :now, 'cli', :version + 1 + n FROM number`
    database.prepare(entries).run({ many, last, version, now: Date.now() })
    database.prepare('INSERT INTO entry_der (id, der) SELECT id, zeroblob(1) FROM entry WHERE id > ?').run(last)
    database.prepare('INSERT INTO entry_text (id, search) SELECT id, name FROM entry WHERE id > ?').run(last)
    database.prepare('UPDATE registry SET version = version + ?').run(many)
    database.exec('COMMIT')
  } finally {
    database.close()
  }
}
