import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAuthority } from '../certificates/authority.ts'
import { authorityBelow, type FolderAuthority, type OwnRoot } from '../certificates/authority-below.ts'
import type { PublishedCrl } from '../certificates/crl-publisher.ts'
import { issuedEntry, recordIssuance } from '../certificates/issuance-record.ts'
import { issueClient, issueServer } from '../certificates/issue.ts'
import { writePfx } from '../certificates/pkcs12-write.ts'
import { signRootList } from '../certificates/root-lists.ts'
import { openStore } from '../store/store.ts'
import { assertAbsent } from '../store/store-file.ts'
import { newPassword } from './generated-password.ts'
import { DEFAULT_ADMINISTRATOR, type InitialConfig, initialConfig, initialInternalUsers, initialRolesMapping } from './initial-config.ts'
import { type NewFile, writeNewFiles } from './new-files.ts'
import { commandActor } from './os-user.ts'

export interface InitRequest extends InitialConfig {
  /** Absolute. */
  readonly folder: string
  /** Of the server certificate; at least one. */
  readonly names: readonly string[]
  readonly cwd: string
  /** Common name of the first; default: admin. Its files are called admin all the same. */
  readonly administrator?: string
  /** Of its PFX; absent: one is made up, and stands beside it. */
  readonly password?: string
  /** The user's own CA, which everything is issued under; absent: a new one is made. */
  readonly own?: OwnRoot
}

export interface Initialized {
  readonly administrator: string
  /** Of the PFX, where it was made up. */
  readonly password: string | null
  /** DN of the user's own CA. */
  readonly own: { readonly dn: string; readonly signsItself: boolean } | null
  readonly authorityUntil: Date
  readonly leavesUntil: Date
}

const authorityDays = 3650
const leafDays = 365

/**
 * Makes an authority, a server and an admin certificate, and a configuration that uses them.
 * Everything is made in memory first, then written whole or not at all; throws CertgateError `file_exists` or `io_failed`.
 */
export async function initialize(request: InitRequest): Promise<Initialized> {
  const { names, own } = request
  const authority = await (own === undefined ? createAuthority({ days: authorityDays }) : authorityBelow(own, { days: authorityDays }))
  const administrator = request.administrator ?? DEFAULT_ADMINISTRATOR
  const commonName = names.find((name) => name.length <= 64) ?? 'certgate'
  const server = await issueServer(authority.issuer, { commonName, names, days: leafDays })
  const admin = await issueClient(authority.issuer, { commonName: administrator, days: leafDays })
  const password = request.password ?? newPassword()
  const generated = request.password === undefined
  const { store, rootList } = newStore(authority, server.der, admin.der, administrator)

  const secret = (path: string, content: string | Uint8Array): NewFile => ({ path, content, mode: 0o600 })
  const open = (path: string, content: string | Uint8Array): NewFile => ({ path, content, mode: 0o644 })
  // What SQLite left beside a database that is gone would be taken for a part of the new one.
  const database = join(request.folder, 'certgate.db')
  if (!existsSync(database)) assertAbsent(database)
  writeNewFiles(
    request.folder,
    [
      open(join('ca', 'ca.crt'), authority.rootCertificate),
      ...(authority.rootKey === null ? [] : [secret(join('ca', 'ca.key'), authority.rootKey)]),
      open(join('ca', 'issuing.crt'), authority.issuingCertificate),
      secret(join('ca', 'issuing.key'), authority.issuingKey),
      ...(rootList === null ? [] : [open(join('ca', 'crl', `${rootList.keyId}.crl`), rootList.der)]),
      open('server.crt', server.certificate),
      secret('server.key', server.key),
      open(join('clients', 'admin.crt'), admin.certificate),
      secret(join('clients', 'admin.key'), admin.key),
      secret(join('clients', 'admin.pfx'), writePfx(admin, password, `certgate ${administrator}`)),
      // One that a person chose may be theirs elsewhere too.
      ...(generated ? [secret(join('clients', 'admin.pass'), `${password}\n`)] : []),
      secret('certgate.db', store),
      open('roles_mapping.yml', initialRolesMapping(administrator)),
      secret('internal_users.yml', initialInternalUsers),
      // Last: where it stands, the rest is there.
      open('certgate.yml', initialConfig(request)),
    ],
    request.cwd,
  )
  return {
    administrator,
    password: generated ? password : null,
    own: own === undefined ? null : { dn: own.own.issuer.facts.dn, signsItself: own.signsItself },
    authorityUntil: authority.notAfter,
    leavesUntil: server.notAfter,
  }
}

/**
 * The registry that knows everything issued here, as the bytes of its file: the administrator with ClusterAdmin, and the serials of all
 * that were issued. Made apart, so that the folder gets it whole or not at all.
 */
function newStore(authority: FolderAuthority, server: Buffer, admin: Buffer, name: string) {
  const folder = mkdtempSync(join(tmpdir(), 'certgate-init-'))
  try {
    const file = join(folder, 'certgate.db')
    const store = openStore(file)
    let rootList: PublishedCrl | null
    try {
      const { issuer, root } = authority
      const actor = commandActor()
      rootList = store.write(() => {
        if (root !== null) recordIssuance(store, root, issuer.certificate.raw, actor)
        recordIssuance(store, issuer, server, actor)
        store.registry.add([issuedEntry(issuer, admin, { name, clearance: 'ClusterAdmin', permissions: new Map() })], actor)
        // Its key may be taken away before the first start.
        return root === null || authority.rootKey === null ? null : signRootList(store, root, Date.now())
      })
    } finally {
      store.close()
    }
    return { store: readFileSync(file), rootList }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
