/**
 * A key and its certificate in two files that others read at any time.
 *
 * One file is replaced by one rename: whoever reads gets all of the old or all of the new. So a renewal with the same key never shows a
 * certificate beside a wrong key. Two files cannot be replaced at once. With a new key both are written and synced beside the old
 * first, then the key is renamed, then the certificate, with nothing in between. Whoever reads the key first, then the certificate, gets
 * a pair that fits, unless both renames fall between their two reads, or both reads between the two renames: some microseconds. The
 * order is this one because a reader who is between them on the key's side still finds the other file new when it comes to it.
 * Where not even that may be, one file holds both (`--cert` and `--key` name the same), or the service is told by `--run`, which comes
 * after. A stop between the two renames is made good at the next start: the certificate lies beside, and fits the new key.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { closeSync, fchmodSync, fchownSync, fsyncSync, openSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { syncFolder } from '../certificates/replace-file.ts'
import { MaterialError } from '../errors.ts'
import { readRegularText, unreadable } from '../regular-file.ts'

/** Absolute; both the same: one file holds both. */
export interface PairFiles {
  readonly cert: string
  readonly key: string
}

export interface Pair {
  readonly certificate: X509Certificate
  readonly key: KeyObject
  /** PEM as it stands in the files. */
  readonly certificatePem: string
  readonly keyPem: string
}

/** A name that nobody else gives: what lies there is from here, and may be removed. */
const beside = (file: string): string => join(dirname(file), `.${basename(file)}.certgate-new`)

/** Reads both. Throws MaterialError where one cannot be used, or they do not fit each other. */
export function readPair(files: PairFiles): Pair {
  const keyPem = textOf(files.key)
  const certificatePem = textOf(files.cert)
  if (/^-----BEGIN ENCRYPTED|^Proc-Type: 4,ENCRYPTED/m.test(keyPem))
    throw new MaterialError(files.key, `the private key in ${files.key} is encrypted`, { hint: 'renewal needs one that is not' })
  const certificate = parse(files.cert, 'certificate', () => new X509Certificate(certificatePem))
  const key = parse(files.key, 'private key', () => createPrivateKey(keyPem))
  if (!certificate.checkPrivateKey(key))
    throw new MaterialError(files.cert, `the certificate in ${files.cert} is not of the key in ${files.key}`)
  return { certificate, key, certificatePem, keyPem }
}

/** Replaces the certificate, and the key where there is a new one, as told above. Throws a system error, and then both stay as they were. */
export function writePair(files: PairFiles, certificatePem: string, newKeyPem: string | null, keyPem: string): void {
  const cert = real(files.cert)
  const key = real(files.key)
  if (cert === key) {
    writeBeside(key, (newKeyPem ?? keyOnly(keyPem)) + certificatePem, 0o600)
    renameSync(beside(key), key)
    syncFolder(dirname(key))
    return
  }
  const remove = () => {
    for (const file of [key, cert]) rmSync(beside(file), { force: true })
  }
  try {
    if (newKeyPem !== null) writeBeside(key, newKeyPem, 0o600)
    writeBeside(cert, certificatePem, 0o600)
    if (newKeyPem !== null) renameSync(beside(key), key)
  } catch (error) {
    remove()
    throw error
  }
  try {
    renameSync(beside(cert), cert)
  } catch (error) {
    // E.g. a file that is mounted by itself. Where the old key cannot be put back either, the next start finishes what lies beside.
    if (newKeyPem !== null) {
      writeBeside(key, keyPem, 0o600)
      renameSync(beside(key), key)
    }
    remove()
    throw error
  }
  for (const folder of new Set([dirname(key), dirname(cert)])) syncFolder(folder)
}

/** Finishes or takes back what a stop left half done. True: a new certificate was put in its place. */
export function recoverPair(files: PairFiles): boolean {
  const cert = real(files.cert)
  const key = real(files.key)
  const waiting = beside(cert)
  let finished = false
  if (cert !== key && statSync(waiting, { throwIfNoEntry: false }) !== undefined && fits(waiting, key) && !fits(cert, key)) {
    renameSync(waiting, cert)
    syncFolder(dirname(cert))
    finished = true
  }
  for (const file of [cert, key]) rmSync(beside(file), { force: true })
  return finished
}

function fits(cert: string, key: string): boolean {
  try {
    return new X509Certificate(readRegularText(cert)).checkPrivateKey(createPrivateKey(readRegularText(key)))
  } catch {
    return false
  }
}

/** For its owner alone from the first byte on; then owner, group and mode of what it replaces, but never a key for everybody. */
function writeBeside(file: string, content: string, mode: number): void {
  rmSync(beside(file), { force: true })
  const before = statSync(file, { throwIfNoEntry: false })
  const descriptor = openSync(beside(file), 'wx', mode)
  try {
    writeFileSync(descriptor, content)
    if (before !== undefined) {
      if (process.getuid?.() === 0) fchownSync(descriptor, before.uid, before.gid)
      fchmodSync(descriptor, before.mode & (/PRIVATE KEY/.test(content) ? 0o770 : 0o777))
    }
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** A link is followed: what it leads to is replaced. */
function real(file: string): string {
  try {
    return realpathSync(file)
  } catch {
    return file
  }
}

function keyOnly(pem: string): string {
  return /-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]+-----END [A-Z ]*PRIVATE KEY-----\n?/.exec(pem)?.[0] ?? pem
}

function textOf(file: string): string {
  try {
    return readRegularText(file, 1024 * 1024)
  } catch (error) {
    throw new MaterialError(file, `cannot read ${file}: ${unreadable(error)}`)
  }
}

function parse<T>(file: string, what: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw new MaterialError(file, `there is no ${what} to use in ${file}`, { cause })
  }
}
