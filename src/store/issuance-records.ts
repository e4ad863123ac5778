import type { AuditLog } from './audit-log.ts'
import type { Connection, Row } from './connection.ts'
import { revokedOf } from './entry-row.ts'
import { StoreError } from './failure.ts'
import type { RegistryVersions } from './registry-changes.ts'
import { SELECT_TOMBSTONES_BY_PIN } from './tombstone.ts'
import type { Actor, RevocationReason } from './types.ts'

/** One certificate that a CA of ours signed: clients, and also servers and CAs, which are in no registry. */
export interface NewIssuance {
  /** SHA-256 of the CA's SubjectPublicKeyInfo, lower-case hex: a CA certificate renewed with its key stays the same issuer. */
  readonly issuerKeyId: string
  /** Upper-case hex, as in certificate facts. */
  readonly serial: string
  readonly fingerprint: string
  /** SHA-256 of the SubjectPublicKeyInfo, lower-case hex; null: not known, and then only CRL and OCSP ever tell that it is revoked. */
  readonly pin: string | null
  readonly subjectDn: string
  readonly notAfter: number
}

export interface Issuance extends NewIssuance {
  readonly issuedAt: number
  readonly revoked: Revoked | null
}

export interface Revoked {
  readonly at: number
  readonly reason: RevocationReason
}

export interface RevokedSerial extends Revoked {
  readonly serial: string
  readonly notAfter: number
}

/** Every serial that a CA of ours issued, with its state, for CRL (RFC 5280) and OCSP (RFC 6960). Outlives the registry entry. */
export class IssuanceRecords {
  readonly #connection: Connection
  readonly #versions: RegistryVersions
  readonly #audit: AuditLog
  readonly #now: () => number

  constructor(connection: Connection, versions: RegistryVersions, audit: AuditLog, now: () => number) {
    this.#connection = connection
    this.#versions = versions
    this.#audit = audit
    this.#now = now
  }

  /** Records what is in no registry (a server or CA certificate), before it is released. The registry records its own. */
  record(issuance: NewIssuance, actor: Actor): void {
    this.#connection.write(() => {
      this.insert(issuance)
      this.#audit.append({ action: 'issuance.record', target: issuance.fingerprint, details: { ...issuance } }, actor)
    })
  }

  /** As `record`, where the caller writes the audit entry. Throws `entry_exists` for a serial that this CA gave out before. */
  insert(issuance: NewIssuance): void {
    const { issuerKeyId, serial, fingerprint, pin, subjectDn, notAfter } = issuance
    this.#connection.join(() => {
      if (this.find(issuerKeyId, serial) !== null || this.byFingerprint(fingerprint) !== null) {
        throw new StoreError('entry_exists', `serial ${serial} was issued before`)
      }
      this.#connection.run(
        'INSERT INTO issuance (issuer_key_id, serial, fingerprint, pin, subject_dn, not_after, issued_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
        ...[issuerKeyId, serial, fingerprint, pin, subjectDn, notAfter, this.#now()],
      )
    })
  }

  /** Revokes what is in no registry; what is in the registry is revoked there. Throws `entry_unknown`, or `entry_refused` if it was before. */
  revoke(fingerprint: string, reason: RevocationReason, actor: Actor): Issuance {
    return this.#connection.write(() => {
      const issuance = this.byFingerprint(fingerprint)
      if (issuance === null) throw new StoreError('entry_unknown', `no certificate with fingerprint ${fingerprint} was issued here`)
      if (issuance.revoked !== null)
        throw new StoreError('entry_refused', `serial ${issuance.serial} is revoked already (${issuance.revoked.reason})`)
      if (this.#connection.get('SELECT 1 FROM entry WHERE fingerprint = ?', fingerprint) !== undefined) {
        throw new StoreError('entry_refused', 'this certificate is in the registry', { hint: 'revoke it there' })
      }
      this.markRevoked(fingerprint, { at: this.#now(), reason })
      // Workers are told of it like of an entry that was removed.
      this.#versions.removed(fingerprint)
      this.#audit.append({ action: 'issuance.revoke', target: fingerprint, details: { serial: issuance.serial, reason } }, actor)
      return this.byFingerprint(fingerprint) as Issuance
    })
  }

  /** As `revoke`, where the caller writes the audit entry. False: not issued here, or revoked before; the first revocation stays. */
  markRevoked(fingerprint: string, revoked: Revoked): boolean {
    const sql = 'UPDATE issuance SET revoked_at = ?, revoked_reason = ? WHERE fingerprint = ? AND revoked_at IS NULL'
    return this.#connection.run(sql, revoked.at, revoked.reason, fingerprint) > 0
  }

  /** null: this CA never issued it, which OCSP answers with `unknown`. */
  find(issuerKeyId: string, serial: string): Issuance | null {
    return issuanceOf(
      this.#connection.get('SELECT * FROM issuance WHERE issuer_key_id = ? AND serial = ?', issuerKeyId, serial.toUpperCase()),
    )
  }

  /** What is revoked, unexpired and in no registry, and has this public key. */
  withdrawnWithPin(pin: string): Issuance | null {
    const row = this.#connection.get(SELECT_TOMBSTONES_BY_PIN, this.#now(), pin)
    return row === undefined ? null : this.byFingerprint(row.fingerprint as string)
  }

  byFingerprint(fingerprint: string): Issuance | null {
    return issuanceOf(this.#connection.get('SELECT * FROM issuance WHERE fingerprint = ?', fingerprint.toLowerCase()))
  }

  /**
   * What goes into a CRL, by serial. `endingAfter` (milliseconds since the epoch) leaves out those that expired before it: pass the
   * thisUpdate of the last CRL, since RFC 5280 section 3.3 asks for one CRL more after the end of a certificate.
   */
  revokedSerials(issuerKeyId: string, endingAfter = 0): RevokedSerial[] {
    const sql = `SELECT serial, not_after, revoked_at, revoked_reason FROM issuance
      WHERE issuer_key_id = ? AND revoked_at IS NOT NULL AND not_after >= ? ORDER BY serial`
    return this.#connection.all(sql, issuerKeyId, endingAfter).map((row) => ({
      serial: row.serial as string,
      notAfter: row.not_after as number,
      at: row.revoked_at as number,
      reason: row.revoked_reason as RevocationReason,
    }))
  }

  /** How many of this CA's certificates are revoked. It only ever rises, so the same count is the same list. */
  revokedCount(issuerKeyId: string): number {
    const sql = 'SELECT count(*) AS total FROM issuance WHERE issuer_key_id = ? AND revoked_at IS NOT NULL'
    return this.#connection.get(sql, issuerKeyId)?.total as number
  }

  /** Milliseconds: when the last certificate of this CA ends; null: it issued none. Until then its revocations have to be published. */
  lastEnd(issuerKeyId: string): number | null {
    const row = this.#connection.get('SELECT max(not_after) AS last FROM issuance WHERE issuer_key_id = ?', issuerKeyId)
    return (row?.last as number | null | undefined) ?? null
  }

  /**
   * The number of the next CRL (RFC 5280 section 5.2.3), on disk before it is returned: none is ever given twice. It is at least the
   * seconds since the epoch, so that it also rises over what was published after the backup that this store was restored from.
   */
  nextCrlNumber(issuerKeyId: string): number {
    return this.#connection.join(() => {
      const sql = `INSERT INTO crl_number (issuer_key_id, number) VALUES (?, ?)
        ON CONFLICT (issuer_key_id) DO UPDATE SET number = max(number + 1, excluded.number) RETURNING number`
      return this.#connection.get(sql, issuerKeyId, Math.floor(this.#now() / 1000))?.number as number
    })
  }
}

function issuanceOf(row: Row | undefined): Issuance | null {
  if (row === undefined) return null
  return {
    issuerKeyId: row.issuer_key_id as string,
    serial: row.serial as string,
    fingerprint: row.fingerprint as string,
    pin: row.pin as string | null,
    subjectDn: row.subject_dn as string,
    notAfter: row.not_after as number,
    issuedAt: row.issued_at as number,
    revoked: revokedOf(row),
  }
}
