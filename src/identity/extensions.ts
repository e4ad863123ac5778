import { BOOLEAN, contentBytes, type DerElement, DerReader, INTEGER, OCTET_STRING, SEQUENCE, unreadable } from './der.ts'
import { hexOf, readBits, readBoolean, readOid } from './der-values.ts'
import { nextExtension } from './extension-list.ts'
import { readGeneralNames } from './general-name.ts'
import {
  AUTHORITY_KEY_ID,
  BASIC_CONSTRAINTS,
  EXTENDED_KEY_USAGE,
  KEY_USAGE,
  SUBJECT_ALT_NAME,
  SUBJECT_KEY_ID,
  UNDERSTOOD_EXTENSIONS,
} from './oids.ts'
import type { CertificateFacts } from './types.ts'

export type ExtensionFacts = Pick<
  CertificateFacts,
  'sans' | 'isCa' | 'keyUsages' | 'extendedKeyUsages' | 'authorityKeyId' | 'subjectKeyId' | 'unknownCritical'
>

/** By bit number (RFC 5280 section 4.2.1.3). */
export const KEY_USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const

const KEY_IDENTIFIER = 0x80

interface Extension {
  readonly critical: boolean
  /** Over the DER inside the OCTET STRING. */
  readonly value: () => DerReader
}

/** What the extensions of a certificate say; null stands for a certificate without any. Throws UnreadableCertificateError. */
export function readExtensions(list: DerReader | null): ExtensionFacts {
  const extensions = list === null ? new Map<string, Extension>() : collect(list)
  const read = <T>(oid: string, reader: (value: DerReader) => T): T | null => {
    const extension = extensions.get(oid)
    return extension === undefined ? null : reader(extension.value())
  }
  return {
    sans: read(SUBJECT_ALT_NAME, readGeneralNames) ?? [],
    isCa: read(BASIC_CONSTRAINTS, readCa) ?? false,
    keyUsages: read(KEY_USAGE, readKeyUsage),
    extendedKeyUsages: read(EXTENDED_KEY_USAGE, readPurposes),
    authorityKeyId: read(AUTHORITY_KEY_ID, readAuthorityKeyId),
    subjectKeyId: read(SUBJECT_KEY_ID, readSubjectKeyId),
    unknownCritical: [...extensions].filter(([oid, { critical }]) => critical && !UNDERSTOOD_EXTENSIONS.has(oid)).map(([oid]) => oid),
  }
}

/** One extension twice is two answers to one question: refused (RFC 5280 section 4.2). */
function collect(list: DerReader): Map<string, Extension> {
  const extensions = new Map<string, Extension>()
  while (!list.atEnd) {
    const { oid, critical, value, start } = nextExtension(list)
    if (extensions.has(oid)) throw unreadable(`extension ${oid} is there twice`, start)
    extensions.set(oid, { critical, value: () => contentReader(value) })
  }
  return extensions
}

function contentReader(value: DerElement): DerReader {
  return new DerReader(value.bytes, value.contentStart, value.end, value.depth + 1)
}

function readCa(value: DerReader): boolean {
  const parts = value.open(SEQUENCE, 'basicConstraints')
  value.finish('basicConstraints')
  const flag = parts.optional(BOOLEAN, 'basicConstraints')
  parts.optional(INTEGER, 'basicConstraints')
  parts.finish('basicConstraints')
  return flag !== null && readBoolean(flag, 'basicConstraints')
}

function readKeyUsage(value: DerReader): string[] {
  const bits = readBits(value.next('keyUsage'), 'keyUsage')
  value.finish('keyUsage')
  return bits.flatMap((bit) => KEY_USAGES[bit] ?? [])
}

function readPurposes(value: DerReader): string[] {
  const list = value.open(SEQUENCE, 'extendedKeyUsage')
  value.finish('extendedKeyUsage')
  const purposes: string[] = []
  while (!list.atEnd) purposes.push(readOid(list.next('extendedKeyUsage'), 'extendedKeyUsage'))
  return purposes
}

function readAuthorityKeyId(value: DerReader): string | null {
  const parts = value.open(SEQUENCE, 'authorityKeyIdentifier')
  value.finish('authorityKeyIdentifier')
  const id = parts.optional(KEY_IDENTIFIER, 'authorityKeyIdentifier')
  return id === null ? null : hexOf(contentBytes(id))
}

function readSubjectKeyId(value: DerReader): string {
  const id = value.expect(OCTET_STRING, 'subjectKeyIdentifier')
  value.finish('subjectKeyIdentifier')
  return hexOf(contentBytes(id))
}
