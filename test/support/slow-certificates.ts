import { randomBytes } from 'node:crypto'
import {
  bitString,
  boolean,
  context,
  type Der,
  integer,
  integerHex,
  nothing,
  octetString,
  oid,
  sequence,
  setOf,
  time,
  tlv,
  toPem,
} from './der.ts'

const SHA256_RSA = sequence(oid('1.2.840.113549.1.1.11'), nothing)

/**
 * 64 certificates in PEM, with signatures and keys that are made up: all but the last have one name and are issued by it, and none says that it
 * is an authority. Checking each with each would take a minute.
 */
export function slowCertificates({ bits, exponentBits }: { readonly bits: number; readonly exponentBits: number }): Buffer {
  const modulus = randomBytes(bits / 8)
  modulus[0] = 0xff
  modulus[modulus.length - 1] = 0xff
  const key = sequence(integerHex(`00${modulus.toString('hex')}`), integerHex(`00${'ff'.repeat(exponentBits / 8)}`))
  const info = sequence(sequence(oid('1.2.840.113549.1.1.1'), nothing), bitString(key))
  const names = [...Array.from({ length: 63 }, () => 'loop'), 'leaf']
  return Buffer.from(names.map((subject, serial) => toPem('CERTIFICATE', certificate(serial + 1, subject, info, bits))).join(''))
}

function certificate(serial: number, subject: string, info: Der, bits: number): Der {
  const name = (text: string) => sequence(setOf(sequence(oid('2.5.4.3'), tlv(0x0c, Buffer.from(text)))))
  const validity = sequence(time(new Date(Date.now() - 86_400_000)), time(new Date(Date.now() + 86_400_000)))
  const constraints = sequence(oid('2.5.29.19'), boolean(true), octetString(sequence()))
  const signed = sequence(
    context(0, integer(2)),
    integer(serial),
    SHA256_RSA,
    name('loop'),
    validity,
    name(subject),
    info,
    context(3, sequence(constraints)),
  )
  return sequence(signed, SHA256_RSA, bitString(Buffer.concat([Buffer.of(0), randomBytes(bits / 8 - 1)])))
}
