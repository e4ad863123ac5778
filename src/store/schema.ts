/** "CGAT": tells a store of certgate from any other SQLite database (PRAGMA application_id). */
export const APPLICATION_ID = 0x43474154

const REGISTRY = `
CREATE TABLE registry (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  -- Another one after a restore: what was sealed before it counts for nothing.
  epoch TEXT NOT NULL,
  version INTEGER NOT NULL,
  -- Removals up to this version are forgotten: who knows less than it starts from a new base.
  forgotten INTEGER NOT NULL CHECK (forgotten <= version)
) STRICT;

-- Public keys of CAs, each kept once.
CREATE TABLE issuer_key (
  id INTEGER PRIMARY KEY,
  spki BLOB NOT NULL UNIQUE
) STRICT;

CREATE TABLE entry (
  id INTEGER PRIMARY KEY,
  fingerprint TEXT NOT NULL UNIQUE CHECK (length(fingerprint) = 64 AND fingerprint NOT GLOB '*[^0-9a-f]*'),
  thumbprint TEXT NOT NULL CHECK (length(thumbprint) = 40 AND thumbprint NOT GLOB '*[^0-9A-F]*'),
  name TEXT NOT NULL CHECK (name <> ''),
  -- The name as people sort it: upper and lower case alike.
  name_key TEXT NOT NULL,
  subject_dn TEXT NOT NULL,
  issuer_dn TEXT NOT NULL,
  serial TEXT NOT NULL CHECK (serial <> '' AND serial NOT GLOB '*[^0-9A-F]*'),
  pin TEXT NOT NULL CHECK (length(pin) = 64 AND pin NOT GLOB '*[^0-9a-f]*'),
  issuer_key_ref INTEGER REFERENCES issuer_key (id),
  sans TEXT NOT NULL,
  not_before INTEGER NOT NULL,
  not_after INTEGER NOT NULL CHECK (not_after >= not_before),
  clearance TEXT NOT NULL CHECK (clearance IN ('ClusterAdmin', 'ClusterNode', 'Operator', 'ValidUser')),
  permissions TEXT NOT NULL,
  origin TEXT NOT NULL CHECK (origin IN ('issued', 'trusted', 'renewed')),
  predecessor TEXT,
  leaf_group TEXT NOT NULL,
  disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
  revoked_at INTEGER,
  revoked_reason TEXT,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  last_seen INTEGER,
  version INTEGER NOT NULL UNIQUE,
  CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL))
) STRICT;

CREATE INDEX entry_by_thumbprint ON entry (thumbprint);
CREATE INDEX entry_by_pin ON entry (pin);
CREATE INDEX entry_by_name ON entry (name);
-- Most are alone in their group, which then has their fingerprint.
CREATE INDEX entry_by_group ON entry (leaf_group) WHERE leaf_group <> fingerprint;
CREATE INDEX entry_by_clearance ON entry (clearance, not_after, disabled, revoked_at);
CREATE INDEX entry_by_predecessor ON entry (predecessor) WHERE predecessor IS NOT NULL;
-- What a list sorts by, with what it filters by, so that it reads the rows of its page only.
CREATE INDEX entry_sorted_by_name ON entry (name_key, not_after, disabled, revoked_at, clearance);
CREATE INDEX entry_sorted_by_not_after ON entry (not_after, disabled, revoked_at, clearance);
CREATE INDEX entry_sorted_by_not_before ON entry (not_before, not_after, disabled, revoked_at, clearance);
CREATE INDEX entry_sorted_by_created_at ON entry (created_at, not_after, disabled, revoked_at, clearance);
CREATE INDEX entry_sorted_by_last_seen ON entry (last_seen, not_after, disabled, revoked_at, clearance);

-- Apart from the entry, so that lists and sealing do not read it.
CREATE TABLE entry_der (
  id INTEGER PRIMARY KEY REFERENCES entry (id) ON DELETE CASCADE,
  der BLOB NOT NULL
) STRICT;

-- All that a free text search looks at, lower case; it reads all of this and nothing else.
CREATE TABLE entry_text (
  id INTEGER PRIMARY KEY REFERENCES entry (id) ON DELETE CASCADE,
  search TEXT NOT NULL
) STRICT;

CREATE TABLE removal (
  version INTEGER PRIMARY KEY,
  fingerprint TEXT NOT NULL
) STRICT;
`

const AUDIT = `
-- The body is the canonical JSON that was hashed; every other column is read out of it, so none can say something else.
CREATE TABLE audit (
  sequence INTEGER PRIMARY KEY,
  body TEXT NOT NULL,
  hash TEXT NOT NULL CHECK (length(hash) = 64 AND hash NOT GLOB '*[^0-9a-f]*'),
  at INTEGER GENERATED ALWAYS AS (json_extract(body, '$.at')) VIRTUAL,
  action TEXT GENERATED ALWAYS AS (json_extract(body, '$.action')) VIRTUAL,
  actor TEXT GENERATED ALWAYS AS (json_extract(body, '$.actor.name')) VIRTUAL,
  target TEXT GENERATED ALWAYS AS (json_extract(body, '$.target')) VIRTUAL
) STRICT;

CREATE INDEX audit_by_at ON audit (at);
CREATE INDEX audit_by_action ON audit (action);
CREATE INDEX audit_by_actor ON audit (actor);
CREATE INDEX audit_by_target ON audit (target);

CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
-- Also against REPLACE, which deletes without that trigger where recursive triggers are off.
CREATE TRIGGER audit_at_the_end BEFORE INSERT ON audit
WHEN new.sequence IS NOT (SELECT coalesce(max(sequence), 0) + 1 FROM audit)
  OR json_extract(new.body, '$.sequence') IS NOT new.sequence
  OR json_extract(new.body, '$.previous') IS NOT (
    SELECT coalesce((SELECT hash FROM audit ORDER BY sequence DESC LIMIT 1), '${'0'.repeat(64)}'))
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only: an entry follows the last one'); END;
`

const ENROLMENT = `
CREATE TABLE enrolment_token (
  id TEXT PRIMARY KEY,
  -- SHA-256 of the token, lower-case hex: the token itself is nowhere.
  hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
  name TEXT NOT NULL CHECK (name <> ''),
  clearance TEXT NOT NULL CHECK (clearance IN ('ClusterAdmin', 'ClusterNode', 'Operator', 'ValidUser')),
  permissions TEXT NOT NULL,
  lifetime INTEGER CHECK (lifetime > 0),
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  expires_at INTEGER NOT NULL CHECK (expires_at > created_at),
  used_at INTEGER,
  -- Fingerprint of the certificate that was issued for it.
  used_by TEXT,
  CHECK ((used_at IS NULL) = (used_by IS NULL))
) STRICT;

CREATE INDEX enrolment_token_by_expiry ON enrolment_token (expires_at);
`

const ISSUANCE = `
-- Outlives the registry entry: a CRL and an OCSP responder answer for every serial until its certificate expires.
CREATE TABLE issuance (
  issuer_key_id TEXT NOT NULL CHECK (issuer_key_id <> ''),
  serial TEXT NOT NULL CHECK (serial <> '' AND serial NOT GLOB '*[^0-9A-F]*'),
  fingerprint TEXT NOT NULL CHECK (length(fingerprint) = 64),
  -- Public key; null where it is not known. What is revoked and in no registry any more is refused by it.
  pin TEXT CHECK (length(pin) = 64 AND pin NOT GLOB '*[^0-9a-f]*'),
  subject_dn TEXT NOT NULL,
  not_after INTEGER NOT NULL,
  issued_at INTEGER NOT NULL,
  revoked_at INTEGER,
  revoked_reason TEXT,
  PRIMARY KEY (issuer_key_id, serial),
  CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL))
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX issuance_by_fingerprint ON issuance (fingerprint);
CREATE INDEX issuance_revoked ON issuance (issuer_key_id, not_after) WHERE revoked_at IS NOT NULL;
CREATE INDEX issuance_revoked_by_pin ON issuance (pin) WHERE revoked_at IS NOT NULL AND pin IS NOT NULL;

CREATE TABLE crl_number (
  issuer_key_id TEXT PRIMARY KEY,
  number INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`

/**
 * What disables or revokes one entry refuses its key, and so every other entry that has it. Kept in each of them, by triggers, so that lists
 * and counts read it in their index.
 */
const KEY_REFUSALS = `
-- The worst that any entry with this key says, itself included; null: none says anything.
ALTER TABLE entry ADD COLUMN key_refusal TEXT CHECK (key_refusal IN ('disabled', 'revoked'));

UPDATE entry SET key_refusal = (
  SELECT max(CASE WHEN other.revoked_at IS NOT NULL THEN 'revoked' WHEN other.disabled = 1 THEN 'disabled' END)
  FROM entry AS other WHERE other.pin = entry.pin)
WHERE pin IN (SELECT pin FROM entry WHERE disabled = 1 OR revoked_at IS NOT NULL);

CREATE TRIGGER entry_key_refused AFTER UPDATE OF disabled, revoked_at ON entry
BEGIN
  UPDATE entry SET key_refusal = (
    SELECT max(CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN disabled = 1 THEN 'disabled' END) FROM entry WHERE pin = new.pin)
  WHERE pin = new.pin;
END;

CREATE TRIGGER entry_key_released AFTER DELETE ON entry WHEN old.disabled = 1 OR old.revoked_at IS NOT NULL
BEGIN
  UPDATE entry SET key_refusal = (
    SELECT max(CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN disabled = 1 THEN 'disabled' END) FROM entry WHERE pin = old.pin)
  WHERE pin = old.pin;
END;

DROP INDEX entry_by_clearance;
DROP INDEX entry_sorted_by_name;
DROP INDEX entry_sorted_by_not_after;
DROP INDEX entry_sorted_by_not_before;
DROP INDEX entry_sorted_by_created_at;
DROP INDEX entry_sorted_by_last_seen;
CREATE INDEX entry_by_clearance ON entry (clearance, not_after, key_refusal);
CREATE INDEX entry_sorted_by_name ON entry (name_key, not_after, key_refusal, clearance);
CREATE INDEX entry_sorted_by_not_after ON entry (not_after, key_refusal, clearance);
CREATE INDEX entry_sorted_by_not_before ON entry (not_before, not_after, key_refusal, clearance);
CREATE INDEX entry_sorted_by_created_at ON entry (created_at, not_after, key_refusal, clearance);
CREATE INDEX entry_sorted_by_last_seen ON entry (last_seen, not_after, key_refusal, clearance);
`

/**
 * The same in time that does not grow with the number of entries of one key that say the same: who revokes ten thousand renewals of one
 * key would else have it judged ten thousand times ten thousand times.
 */
const KEY_REFUSALS_ONCE = `
DROP TRIGGER entry_key_refused;
DROP TRIGGER entry_key_released;
DROP INDEX entry_by_pin;
CREATE INDEX entry_by_pin ON entry (pin, key_refusal);
CREATE INDEX entry_revoking ON entry (pin) WHERE revoked_at IS NOT NULL;
CREATE INDEX entry_disabling ON entry (pin) WHERE disabled = 1;

CREATE TRIGGER entry_revoked AFTER UPDATE OF revoked_at ON entry WHEN new.revoked_at IS NOT NULL
BEGIN
  UPDATE entry SET key_refusal = 'revoked' WHERE pin = new.pin AND key_refusal IS NULL;
  UPDATE entry SET key_refusal = 'revoked' WHERE pin = new.pin AND key_refusal = 'disabled';
END;

CREATE TRIGGER entry_disabled AFTER UPDATE OF disabled ON entry WHEN new.disabled = 1
BEGIN
  UPDATE entry SET key_refusal = 'disabled' WHERE pin = new.pin AND key_refusal IS NULL;
END;

CREATE TRIGGER entry_enabled AFTER UPDATE OF disabled ON entry
WHEN new.disabled = 0 AND NOT EXISTS (SELECT 1 FROM entry WHERE pin = new.pin AND disabled = 1)
BEGIN
  UPDATE entry SET key_refusal = NULL WHERE pin = new.pin AND key_refusal = 'disabled';
END;

CREATE TRIGGER entry_gone_revoked AFTER DELETE ON entry
WHEN old.revoked_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM entry WHERE pin = old.pin AND revoked_at IS NOT NULL)
BEGIN
  UPDATE entry SET key_refusal = CASE WHEN EXISTS (SELECT 1 FROM entry WHERE pin = old.pin AND disabled = 1) THEN 'disabled' END
  WHERE pin = old.pin AND key_refusal = 'revoked';
END;

CREATE TRIGGER entry_gone_disabled AFTER DELETE ON entry
WHEN old.disabled = 1 AND NOT EXISTS (SELECT 1 FROM entry WHERE pin = old.pin AND disabled = 1)
BEGIN
  UPDATE entry SET key_refusal = NULL WHERE pin = old.pin AND key_refusal = 'disabled';
END;
`

/**
 * One step from each version of the schema to the next; the first makes version 1 out of nothing. A step that was released is
 * never edited: a change of the schema is a further step.
 */
export const MIGRATIONS: readonly string[] = [`${REGISTRY}${AUDIT}${ENROLMENT}${ISSUANCE}`, KEY_REFUSALS, KEY_REFUSALS_ONCE]

/** Where it says which steps were taken; made before the first one. */
export const VERSION_TABLE = `
CREATE TABLE IF NOT EXISTS schema_version (
  version INTEGER PRIMARY KEY,
  applied_at INTEGER NOT NULL
) STRICT;
`
