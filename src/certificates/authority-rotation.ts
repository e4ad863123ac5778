import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { MaterialError } from '../errors.ts'
import { unreadable } from '../regular-file.ts'
import type { AuthorityNode } from '../tls/authority-node.ts'
import { REPLACED, readIssuing, readRootKey, readRoots, rootAbove, rootOver } from './authority-folder.ts'
import { type Generation, pendingFolders, readGenerations, SUCCESSION_FILE, successionText } from './authority-generations.ts'
import { IssuanceError } from './issuance-error.ts'
import { issuerKeyId } from './issuer.ts'
import { giveOwner, replaceFile, syncFolder, writeNewFile } from './replace-file.ts'
import { type Rotation, type RotationRequest, rotateAuthority } from './rotation.ts'

/**
 * Makes a new authority in the folder and lets it sign from now on. Its root is trusted before anything is under it; then one rename
 * makes the rotation: a crash leaves the old authority or the new. `record` is called when all is proven and written, before that
 * rename, and stops it by throwing. Without an overlap no older root is trusted when this resolves, those of earlier rotations included.
 * Throws IssuanceError, MaterialError, or what the system says of the folder.
 */
export async function rotateFolder(
  folder: string,
  request: RotationRequest,
  record: (rotation: Rotation, root: AuthorityNode) => void,
): Promise<Rotation> {
  const now = request.now ?? Date.now()
  const [signing, ...retired] = readGenerations(folder)
  const overlap = retired.find(({ trustedUntil }) => trustedUntil !== null && now < trustedUntil)
  if (request.overlapDays !== 0 && overlap?.trustedUntil !== undefined && overlap.trustedUntil !== null) {
    const until = new Date(overlap.trustedUntil).toISOString()
    throw new IssuanceError('authority', `the last rotation goes on until ${until}`, 'rotate again after that, or without an overlap')
  }
  settleFolder(folder, now)
  const roots = join(folder, 'ca.crt')
  const nodes = readRoots(roots)
  const { issuer } = readIssuing(signing, now)
  const root = rootOver(issuer, nodes)
  if (root === null)
    throw new IssuanceError('authority', `the root above ${issuer.facts.dn} is not in ${roots}`, 'add its certificate there')
  const previous = { rootCertificate: root.x509.toString(), issuer, root: readRootKey(signing, root) }
  const rotation = await rotateAuthority(previous, { ...request, now })

  const name = issuerKeyId(rotation.next.issuer).slice(0, 16)
  const pending = join(folder, `pending-${name}`)
  writeGeneration(pending, rotation, signing)
  try {
    replaceFile(roots, [rotation.next.rootCertificate, ...nodes.map(({ x509 }) => x509.toString())].join(''), 0o644)
    record(rotation, root)
    renameSync(pending, join(folder, name))
    syncFolder(folder)
    if (request.overlapDays === 0) endOverlaps(folder, now)
  } catch (error) {
    if (!existsSync(join(folder, name))) settleFolder(folder, now)
    throw error
  }
  return rotation
}

/** No root is trusted any more but that of who signs. */
function endOverlaps(folder: string, now: number): void {
  const line = readGenerations(folder)
  for (const [index, { name, trustedUntil }] of line.entries()) {
    const successor = line[index - 1]
    if (successor === undefined || trustedUntil === null || trustedUntil <= now) continue
    replaceFile(join(successor.folder, SUCCESSION_FILE), successionText({ replaces: name, overlapUntil: now }), 0o644)
  }
  settleFolder(folder, now)
}

/**
 * Brings the file of trusted roots to what holds at `now`: a replaced root goes when its time is over, one of a rotation that never
 * happened goes too. One that is back in its time, because the clock was set back, comes back. What somebody else put there stays. True: something was changed. Not to be called while a rotation runs.
 */
export function settleFolder(folder: string, now: number): boolean {
  const file = join(folder, 'ca.crt')
  const abandoned = pendingFolders(folder)
  const [signing, ...retired] = readGenerations(folder)
  if (retired.length === 0 && abandoned.length === 0) return false
  const nodes = readRoots(file)
  const known = [...nodes, ...readRoots(join(folder, REPLACED))]
  const dropped = new Set<string>()
  const wanted = new Map<string, AuthorityNode>()
  for (const node of abandoned.flatMap(rootsOfAbandoned)) dropped.add(node.fingerprint)
  for (const generation of [...retired, signing]) {
    const root = rootOf(generation, known)
    if (root === null) continue
    const trusted = generation.trustedUntil === null || now < generation.trustedUntil
    dropped.delete(root.fingerprint)
    if (trusted) wanted.set(root.fingerprint, root)
    else dropped.add(root.fingerprint)
  }
  const missing = [...wanted.values()].filter((node) => !nodes.some(({ fingerprint }) => fingerprint === node.fingerprint))
  const kept = nodes.filter(({ fingerprint }) => !dropped.has(fingerprint))
  const changed = missing.length > 0 || kept.length !== nodes.length
  if (changed) keepFirst(folder, retired, nodes)
  if (changed) replaceFile(file, [...missing, ...kept].map(({ x509 }) => x509.toString()).join(''), 0o644)
  for (const one of abandoned) rmSync(one, { recursive: true, force: true })
  return changed
}

/** None where it was not whole when the rotation was broken off: it is on the disk before anybody is to trust it, so nobody does. */
function rootsOfAbandoned(pending: string): AuthorityNode[] {
  try {
    return readRoots(join(pending, 'ca.crt'))
  } catch (error) {
    if (error instanceof MaterialError) return []
    throw error
  }
}

/** Writes the root of the first generation down, which is nowhere else: a clock that was ahead may have ended its time too early. */
function keepFirst(folder: string, generations: readonly Generation[], nodes: readonly AuthorityNode[]): void {
  const first = generations.find(({ name }) => name === '')
  const root = first === undefined ? null : rootOf(first, nodes)
  if (root !== null) replaceFile(join(folder, REPLACED), root.x509.toString(), 0o644)
}

/** A later generation has its root beside it; that of the first stands among the trusted ones alone. */
function rootOf({ name, folder }: Generation, trusted: readonly AuthorityNode[]): AuthorityNode | null {
  if (name !== '') return readRoots(join(folder, 'ca.crt'))[0] ?? null
  const file = join(folder, 'issuing.crt')
  // What stands between it and the root follows it there.
  const top = readRoots(file).findLast((node, index) => index === 0 || !node.selfSigned)
  return top === undefined ? null : rootAbove({ certificate: top.x509 }, trusted)
}

function writeGeneration(pending: string, { next, crossCertificate, overlapUntil }: Rotation, replaced: Generation): void {
  try {
    mkdirSync(pending, { mode: 0o700 })
    const owner = statSync(dirname(pending))
    const write = (name: string, content: string, mode: number) => writeNewFile(join(pending, name), content, mode, { owner })
    write('ca.crt', next.rootCertificate, 0o644)
    write('ca.key', next.rootKey, 0o600)
    write('issuing.crt', next.issuingCertificate, 0o644)
    write('issuing.key', next.issuingKey, 0o600)
    if (crossCertificate !== null) write('cross.crt', crossCertificate, 0o644)
    write(SUCCESSION_FILE, successionText({ replaces: replaced.name, overlapUntil }), 0o644)
    giveOwner(pending, owner)
    syncFolder(pending)
  } catch (cause) {
    rmSync(pending, { recursive: true, force: true })
    throw new MaterialError(pending, `cannot write the new authority to ${pending}: ${unreadable(cause)}`, { cause })
  }
}
