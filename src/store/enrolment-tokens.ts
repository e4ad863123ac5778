import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { AuditLog } from './audit-log.ts'
import type { Connection, Row } from './connection.ts'
import { actorText, permissionsOf, permissionsText, storable } from './entry-row.ts'
import { StoreError } from './failure.ts'
import type { Actor, Clearance, DatabaseAccess } from './types.ts'

/** What a certificate gets that is asked for with a token: decided when the token is made, never by what is asked. */
export interface TokenGrant {
  readonly name: string
  readonly clearance: Clearance
  readonly permissions: ReadonlyMap<string, DatabaseAccess>
  /** Of the certificate, in milliseconds; null: as the profile says. */
  readonly lifetime: number | null
}

export interface EnrolmentToken extends TokenGrant {
  /** For lists and removal; tells nothing about the token. */
  readonly id: string
  readonly createdAt: number
  readonly createdBy: string
  readonly expiresAt: number
  readonly used: { readonly at: number /** Fingerprint of what was issued for it. */; readonly by: string } | null
}

/** Tells it from other secrets, for people and for scanners of leaked ones. */
const PREFIX = 'cge_'
/** Milliseconds that a token is still listed after it expired, used or not; those of before go when the next one is made. */
const LISTED_AFTER = 30 * 86_400_000
const CERTGATE: Actor = { name: 'certgate', fingerprint: null }

/** One-time tokens for enrolment (EST, RFC 7030). Of a token only its SHA-256 is kept: 256 random bits need no slow hash. */
export class EnrolmentTokens {
  readonly #connection: Connection
  readonly #audit: AuditLog
  readonly #now: () => number

  constructor(connection: Connection, audit: AuditLog, now: () => number) {
    this.#connection = connection
    this.#audit = audit
    this.#now = now
  }

  /** Makes one that is good for `validFor` milliseconds. The `secret` is shown here and never again. */
  create(grant: TokenGrant, validFor: number, actor: Actor): { readonly secret: string; readonly token: EnrolmentToken } {
    if (!Number.isSafeInteger(validFor) || validFor <= 0)
      throw new StoreError('token_refused', 'a token is valid for a positive number of milliseconds')
    const secret = `${PREFIX}${randomBytes(32).toString('base64url')}`
    const now = this.#now()
    const row = [
      ...[randomUUID(), hashOf(secret), storable(grant.name, 'name'), grant.clearance, permissionsText(grant.permissions)],
      ...[grant.lifetime, now, actorText(actor), now + validFor],
    ]
    return this.#connection.write(() => {
      this.#forgetEnded(now)
      this.#connection.run(
        `INSERT INTO enrolment_token (id, hash, name, clearance, permissions, lifetime, created_at, created_by, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        ...row,
      )
      const token = this.#require(row[0] as string)
      const { id, name, clearance, permissions, lifetime, expiresAt } = token
      const details = { name, clearance, permissions: [...permissions], lifetime, expiresAt }
      this.#audit.append({ action: 'token.create', target: id, details }, actor)
      return { secret, token }
    })
  }

  /** What a token would grant now, without using it up: to sign first and consume with the record. Throws as `consume`. */
  check(secret: string): EnrolmentToken {
    const token = tokenOf(this.#connection.get('SELECT * FROM enrolment_token WHERE hash = ?', hashOf(secret)))
    if (token === null) throw new StoreError('token_refused', 'this enrolment token is unknown')
    if (token.used !== null) throw new StoreError('token_refused', 'this enrolment token was used already')
    if (token.expiresAt < this.#now()) throw new StoreError('token_refused', 'this enrolment token has expired')
    return token
  }

  /**
   * Uses a token up for the certificate with `fingerprint`. Only inside the transaction that records that certificate, so that neither
   * a token without a certificate nor a second certificate can remain. Throws `token_refused` if it is unknown, used or expired.
   */
  consume(secret: string, fingerprint: string, actor: Actor): EnrolmentToken {
    if (!this.#connection.inTransaction) throw new Error('a token is consumed in the transaction of the issuance')
    const { id } = this.check(secret)
    return this.#connection.write(() => {
      this.#connection.run('UPDATE enrolment_token SET used_at = ?, used_by = ? WHERE id = ?', this.#now(), fingerprint, id)
      this.#audit.append({ action: 'token.use', target: id, details: { fingerprint } }, actor)
      return this.#require(id)
    })
  }

  /** null: there is none, or it was removed. */
  get(id: string): EnrolmentToken | null {
    return tokenOf(this.#connection.get('SELECT * FROM enrolment_token WHERE id = ?', id))
  }

  /** Newest first. */
  list(options: { readonly offset?: number; readonly limit?: number } = {}): { readonly tokens: EnrolmentToken[]; readonly total: number } {
    const { offset = 0, limit = 100 } = options
    const rows = this.#connection.all(
      'SELECT * FROM enrolment_token ORDER BY created_at DESC, id LIMIT ? OFFSET ?',
      Math.max(0, Math.min(limit, 1000)),
      Math.max(0, offset),
    )
    const total = this.#connection.get('SELECT count(*) AS total FROM enrolment_token')?.total as number
    return { tokens: rows.map((row) => tokenOf(row) as EnrolmentToken), total }
  }

  /** Takes back one that was not used yet. Throws `entry_unknown` or `token_refused`. */
  remove(id: string, actor: Actor): void {
    this.#connection.write(() => {
      const token = this.#require(id)
      if (token.used !== null)
        throw new StoreError('token_refused', 'this enrolment token was used already', { hint: 'revoke its certificate' })
      this.#connection.run('DELETE FROM enrolment_token WHERE id = ?', id)
      this.#audit.append({ action: 'token.remove', target: id, details: { name: token.name } }, actor)
    })
  }

  /** The audit log keeps what became of them. */
  #forgetEnded(now: number): void {
    const count = this.#connection.run('DELETE FROM enrolment_token WHERE expires_at < ?', now - LISTED_AFTER)
    if (count > 0) this.#audit.append({ action: 'token.purge', target: null, details: { count } }, CERTGATE)
  }

  #require(id: string): EnrolmentToken {
    const token = this.get(id)
    if (token === null) throw new StoreError('entry_unknown', `no enrolment token has the id ${id}`)
    return token
  }
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

function tokenOf(row: Row | undefined): EnrolmentToken | null {
  if (row === undefined) return null
  return {
    id: row.id as string,
    name: row.name as string,
    clearance: row.clearance as Clearance,
    permissions: permissionsOf(row.permissions as string),
    lifetime: row.lifetime as number | null,
    createdAt: row.created_at as number,
    createdBy: row.created_by as string,
    expiresAt: row.expires_at as number,
    used: row.used_at === null ? null : { at: row.used_at as number, by: row.used_by as string },
  }
}
