import { setImmediate } from 'node:timers/promises'
import type { AuditLog } from './audit-log.ts'
import type { Connection } from './connection.ts'
import {
  actorText,
  fingerprintOf,
  foldForSearch,
  INSERT_ENTRY,
  permissionsText,
  rowOf,
  searchText,
  storable,
  thumbprintOf,
} from './entry-row.ts'
import { entryState, isUsable } from './entry-state.ts'
import { entryRefused, StoreError } from './failure.ts'
import type { IssuanceRecords } from './issuance-records.ts'
import type { RegistryVersions } from './registry-changes.ts'
import { described, differences } from './registry-details.ts'
import { RegistryView } from './registry-view.ts'
import { assertRemovable } from './removable.ts'
import type { Actor, EntryEdit, NewEntry, RegistryEntry, RevocationReason } from './types.ts'

/** The version of the entry that a change was decided on: if it has another by now, `entry_changed` is thrown and nothing happens. */
export interface Expectation {
  readonly version?: number
}

/** What a renewal does not choose: it gets the rights of what it renews. */
export type RenewedEntry = Omit<NewEntry, 'clearance' | 'permissions' | 'origin' | 'predecessor'>

const PURGE_AT_ONCE = 500

/**
 * Every change is one transaction with its audit entry, on disk when the call returns; a call that throws changed nothing.
 * What is changed of one leaf of a PFX is changed of all its leaves.
 */
export class Registry extends RegistryView {
  readonly #audit: AuditLog
  readonly #issuance: IssuanceRecords

  constructor(connection: Connection, versions: RegistryVersions, audit: AuditLog, issuance: IssuanceRecords, now: () => number) {
    super(connection, versions, now)
    this.#audit = audit
    this.#issuance = issuance
  }

  /**
   * Adds a certificate, or all leaves of one PFX as one group. Throws `entry_exists`, and `entry_refused` where its public key was
   * disabled or revoked, or what it renews is not alive. Only what is here may be released.
   */
  add(leaves: readonly NewEntry[], actor: Actor): RegistryEntry[] {
    const first = leaves[0]
    if (first === undefined) throw new StoreError('entry_refused', 'there is no certificate to add')
    return this.connection.write(() => {
      const group = fingerprintOf(first.der)
      // The rest of a group whose first leaf was purged keeps its name: another certificate must not join it.
      if (this.get(group) === null && this.byGroup(group).length > 0)
        throw new StoreError('entry_exists', 'certificates that were imported with this one are in the registry already')
      const fingerprints = leaves.map((leaf) => this.#insert(leaf, group, actor))
      const action = first.origin === 'renewed' ? 'certificate.renew' : 'certificate.add'
      this.#audit.append(
        { action, target: group, details: { certificates: leaves.map((leaf, index) => described(leaf, fingerprints[index] ?? '')) } },
        actor,
      )
      return this.byGroup(group)
    })
  }

  /**
   * Adds the renewal of a registered certificate, with its rights as they are at this moment. That it is one (same key, same or fewer
   * names, same CA key) is the caller's to have checked; that its predecessor is alive is checked here, under the lock.
   */
  renew(predecessor: string, leaf: RenewedEntry, actor: Actor): RegistryEntry {
    return this.connection.write(() => {
      const { clearance, permissions } = this.#require(predecessor, {})
      return this.add([{ ...leaf, clearance, permissions, origin: 'renewed', predecessor }], actor)[0] as RegistryEntry
    })
  }

  /** Changes name or rights. What is the same already is no change, and not recorded. */
  edit(fingerprint: string, edit: EntryEdit, actor: Actor, expected: Expectation = {}): RegistryEntry[] {
    return this.connection.write(() => {
      const entry = this.#require(fingerprint, expected)
      const after = {
        name: edit.name ?? entry.name,
        clearance: edit.clearance ?? entry.clearance,
        permissions: edit.permissions ?? entry.permissions,
      }
      const permissions = permissionsText(after.permissions)
      const members = this.byGroup(entry.group)
      const changes = differences(entry, after)
      if (Object.keys(changes).length === 0) return members
      const sql = 'UPDATE entry SET name = ?, name_key = ?, clearance = ?, permissions = ?, version = ? WHERE fingerprint = ?'
      const name = storable(after.name, 'name')
      for (const member of members) {
        const search = searchText({ ...member, name })
        this.connection.run(
          'UPDATE entry_text SET search = ? WHERE id = (SELECT id FROM entry WHERE fingerprint = ?)',
          search,
          member.fingerprint,
        )
        this.connection.run(sql, name, foldForSearch(name), after.clearance, permissions, this.versions.next(), member.fingerprint)
      }
      this.#audit.append({ action: 'certificate.edit', target: entry.group, details: { name: entry.name, changes } }, actor)
      return this.byGroup(entry.group)
    })
  }

  /** Refuses it until it is enabled again. */
  disable(fingerprint: string, actor: Actor, expected: Expectation = {}): RegistryEntry[] {
    return this.#setDisabled(fingerprint, true, actor, expected)
  }

  /** Takes `disable` back. A revocation is for good: `entry_refused`. */
  enable(fingerprint: string, actor: Actor, expected: Expectation = {}): RegistryEntry[] {
    return this.#setDisabled(fingerprint, false, actor, expected)
  }

  /** For good, and for the CRL and OCSP too where a CA of ours issued it. */
  revoke(fingerprint: string, reason: RevocationReason, actor: Actor, expected: Expectation = {}): RegistryEntry[] {
    return this.connection.write(() => {
      const entry = this.#require(fingerprint, expected)
      if (entry.revoked !== null) throw entryRefused(entry, `is revoked already (${entry.revoked.reason})`)
      const at = this.now()
      for (const member of this.#members(entry)) {
        if (member.revoked !== null) continue
        const sql = 'UPDATE entry SET revoked_at = ?, revoked_reason = ?, version = ? WHERE fingerprint = ?'
        this.connection.run(sql, at, reason, this.versions.next(), member.fingerprint)
        this.#issuance.markRevoked(member.fingerprint, { at, reason })
      }
      this.#audit.append({ action: 'certificate.revoke', target: entry.group, details: { name: entry.name, reason } }, actor)
      return this.byGroup(entry.group)
    })
  }

  /**
   * Takes it out of the registry. If a CA of ours issued it, its serial is revoked: removal never leaves access behind. For the same
   * reason a disabled or revoked one stays until all with its key have expired (`entry_refused`): without it, its CA or its key might let
   * somebody in. So does one of ours whose key is that of another live entry, which would be refused with it.
   */
  remove(fingerprint: string, actor: Actor, expected: Expectation = {}): void {
    this.connection.write(() => {
      const entry = this.#require(fingerprint, expected)
      const members = this.byGroup(entry.group)
      const now = this.now()
      for (const member of members) {
        assertRemovable(member, members, this, this.#issuance, now)
        this.#delete(member.fingerprint)
        if (member.notAfter >= now) this.#issuance.markRevoked(member.fingerprint, { at: now, reason: 'cessationOfOperation' })
      }
      const details = { name: entry.name, fingerprints: members.map((member) => member.fingerprint) }
      this.#audit.append({ action: 'certificate.remove', target: entry.group, details }, actor)
    })
  }

  /**
   * Removes what has expired, in transactions of some hundred with an audit entry each, giving way between them. A disabled or revoked
   * one stays as long as another certificate with its key has not expired. Returns how many were removed.
   */
  async purgeExpired(actor: Actor): Promise<number> {
    const sql = `SELECT fingerprint, name FROM entry WHERE not_after < ?1 AND ((revoked_at IS NULL AND disabled = 0)
      OR NOT EXISTS (SELECT 1 FROM entry AS other WHERE other.pin = entry.pin AND other.not_after >= ?1)) ORDER BY not_after LIMIT ${PURGE_AT_ONCE}`
    const before = this.now()
    for (let total = 0; ; await setImmediate()) {
      const count = this.connection.write(() => {
        const rows = this.connection.all(sql, before)
        for (const row of rows) this.#delete(row.fingerprint as string)
        const certificates = rows.map((row) => ({ fingerprint: row.fingerprint as string, name: row.name as string }))
        if (rows.length > 0) this.#audit.append({ action: 'certificate.purge', target: null, details: { certificates } }, actor)
        return rows.length
      })
      total += count
      if (count < PURGE_AT_ONCE) return total
    }
  }

  /**
   * Writes back when certificates were last seen: fingerprint -> milliseconds since the epoch, in one transaction. Neither audited nor
   * a change of version, since nobody decided it and nothing is decided by it. Unknown ones are passed over; time never runs back.
   */
  noteSeen(seen: ReadonlyMap<string, number>): void {
    if (seen.size === 0) return
    this.connection.write(() => {
      const sql = 'UPDATE entry SET last_seen = ?1 WHERE fingerprint = ?2 AND (last_seen IS NULL OR last_seen < ?1)'
      for (const [fingerprint, at] of seen) this.connection.run(sql, at, fingerprint)
    })
  }

  /** Forgets removals up to `version`, once every reader starts from a base at least that new. */
  forgetRemovals(version: number): void {
    this.versions.forget(version)
  }

  #insert(leaf: NewEntry, group: string, actor: Actor): string {
    const fingerprint = fingerprintOf(leaf.der)
    const now = this.now()
    const known = this.get(fingerprint)
    if (known !== null)
      throw new StoreError('entry_exists', `this certificate is in the registry already, as "${known.name}" (${entryState(known, now)})`)
    const other = this.refusing(leaf.pin)
    if (other !== null) throw entryRefused(other, `has the same key and is ${entryState(other, now)}`, 'use a new key')
    const withdrawn = this.#issuance.withdrawnWithPin(leaf.pin)
    if (withdrawn !== null) {
      const which = `the certificate ${withdrawn.subjectDn} with serial ${withdrawn.serial}`
      throw new StoreError('entry_refused', `${which} has the same key, and was removed and revoked`, { hint: 'use a new key' })
    }
    if (leaf.predecessor !== undefined && leaf.predecessor !== null) this.#assertAlive(leaf.predecessor, leaf.origin, now)
    const stamp = {
      group,
      createdAt: now,
      createdBy: actorText(actor),
      version: this.versions.next(),
      issuerKeyRef: this.#issuerKeyRef(leaf),
    }
    const id = this.connection.get(INSERT_ENTRY, ...rowOf(leaf, fingerprint, stamp))?.id as number
    this.connection.run('INSERT INTO entry_der (id, der) VALUES (?, ?)', id, leaf.der)
    this.connection.run(
      'INSERT INTO entry_text (id, search) VALUES (?, ?)',
      id,
      searchText({ ...leaf, fingerprint, thumbprint: thumbprintOf(leaf.der) }),
    )
    if (leaf.issuerKeyId !== undefined) {
      const { issuerKeyId, serial, pin, subjectDn, notAfter } = leaf
      this.#issuance.insert({ issuerKeyId, serial, fingerprint, pin, subjectDn, notAfter })
    }
    return fingerprint
  }

  #issuerKeyRef({ issuerKey }: NewEntry): number | null {
    if (issuerKey === null) return null
    const known = this.connection.get('SELECT id FROM issuer_key WHERE spki = ?', issuerKey)
    return (known ?? this.connection.get('INSERT INTO issuer_key (spki) VALUES (?) RETURNING id', issuerKey))?.id as number
  }

  /** A renewal that recognised itself needs a valid predecessor; an operator may also issue anew for one that has expired. */
  #assertAlive(predecessor: string, origin: NewEntry['origin'], now: number): void {
    const entry = this.#require(predecessor, {})
    if (origin === 'renewed' ? !isUsable(entry, now) : entry.revoked !== null || entry.disabled) {
      throw entryRefused(entry, `is ${entryState(entry, now)}: it cannot be renewed`)
    }
  }

  #setDisabled(fingerprint: string, disabled: boolean, actor: Actor, expected: Expectation): RegistryEntry[] {
    return this.connection.write(() => {
      const entry = this.#require(fingerprint, expected)
      if (entry.revoked !== null) throw entryRefused(entry, 'is revoked for good', 'issue a new certificate, with a new key')
      if (entry.disabled === disabled) return this.byGroup(entry.group)
      for (const member of this.#members(entry)) {
        const sql = 'UPDATE entry SET disabled = ?, version = ? WHERE fingerprint = ?'
        this.connection.run(sql, disabled ? 1 : 0, this.versions.next(), member.fingerprint)
      }
      const action = disabled ? 'certificate.disable' : 'certificate.enable'
      this.#audit.append({ action, target: entry.group, details: { name: entry.name } }, actor)
      return this.byGroup(entry.group)
    })
  }

  /** As `byGroup`, where one of them was read already: of thousands, most are alone. */
  #members(entry: RegistryEntry): RegistryEntry[] {
    return entry.group === entry.fingerprint ? [entry, ...this.followers(entry.group)] : this.byGroup(entry.group)
  }

  #delete(fingerprint: string): void {
    this.connection.run('DELETE FROM entry WHERE fingerprint = ?', fingerprint)
    this.versions.removed(fingerprint)
  }

  #require(fingerprint: string, expected: Expectation): RegistryEntry {
    const entry = this.get(fingerprint)
    if (entry === null) throw new StoreError('entry_unknown', `no certificate with fingerprint ${fingerprint} is in the registry`)
    if (expected.version !== undefined && expected.version !== entry.version) {
      throw new StoreError('entry_changed', `certificate "${entry.name}" was changed meanwhile`, {
        hint: 'look at it again, then decide',
      })
    }
    return entry
  }
}
