import type { RevocationReason } from '../store/types.ts'
import * as der from './der-write.ts'
import { authorityKeyId, extension } from './extension-write.ts'
import type { Issuer } from './issuer.ts'
import { reasonCode } from './revocation-reason.ts'
import { signed } from './signing.ts'

/** One certificate on the list. */
export interface RevokedCertificate {
  /** Hex, as in certificate facts. */
  readonly serial: string
  /** Milliseconds. */
  readonly at: number
  readonly reason: RevocationReason
  /** Milliseconds: when the certificate would have expired by itself. */
  readonly notAfter: number
}

export interface CrlRequest {
  /** Rises with every list of this issuer; at most 20 octets (RFC 5280 section 5.2.3). */
  readonly number: bigint
  /** Milliseconds. */
  readonly thisUpdate: number
  readonly nextUpdate: number
  readonly revoked: readonly RevokedCertificate[]
  /** thisUpdate of the list before: an expired certificate is left out once a list after its end had it; null: there was none. */
  readonly previousUpdate: number | null
}

export const CRL_NUMBER = '2.5.29.20'
const REASON_CODE = '2.5.29.21'
const V2 = 1
const LARGEST_NUMBER = 1n << 159n

/**
 * The DER of a version 2 CRL (RFC 5280 section 5), signed by the issuer's own key, whole and direct. Serials come in ascending order,
 * each once, with its first date. Throws RangeError for a number, serial or dates that no list can have.
 */
export function writeCrl(issuer: Issuer, request: CrlRequest): der.Der {
  const { number, thisUpdate, nextUpdate } = request
  if (number < 0n || number >= LARGEST_NUMBER) throw new RangeError('a CRL number has at most 20 octets and is not negative')
  if (!(nextUpdate > thisUpdate)) throw new RangeError('the next list is due after this one')
  const entries = listed(request).map(entry)
  const body = der.sequence(
    der.integer(V2),
    issuer.signer.algorithm,
    issuer.name,
    der.time(thisUpdate),
    der.time(nextUpdate),
    // An empty list of entries must be absent.
    ...(entries.length === 0 ? [] : [der.sequence(Buffer.concat(entries))]),
    der.context(0, der.sequence(authorityKeyId(issuer.keyId), extension(CRL_NUMBER, der.integer(number)))),
  )
  return signed(body, issuer.signer)
}

export const crlPem = (list: Uint8Array): string => der.pemOf('X509 CRL', list)

/**
 * When the list is to be signed anew although nothing was revoked: at half its life, so that a gateway down for the other half does
 * not let it run out. Milliseconds.
 */
export function crlDue({ thisUpdate, nextUpdate }: { readonly thisUpdate: number; readonly nextUpdate: number }): number {
  return thisUpdate + Math.floor((nextUpdate - thisUpdate) / 2)
}

/** RFC 5280 section 3.3: an entry stays until it was on one list beyond the certificate's own end. */
function listed({ revoked, previousUpdate }: CrlRequest): RevokedCertificate[] {
  const first = new Map<string, RevokedCertificate>()
  for (const one of revoked) {
    if (previousUpdate !== null && one.notAfter < previousUpdate) continue
    if (!/^([0-9a-f]{2}){1,20}$/i.test(one.serial)) throw new RangeError(`${one.serial} is not a serial number`)
    const serial = one.serial.toUpperCase().replace(/^(00)+(?=..)/, '')
    const known = first.get(serial)
    if (known === undefined || one.at < known.at) first.set(serial, { ...one, serial })
  }
  return [...first.values()].sort((a, b) => a.serial.length - b.serial.length || (a.serial < b.serial ? -1 : 1))
}

function entry({ serial, at, reason }: RevokedCertificate): der.Der {
  const code = reasonCode(reason)
  const parts = [der.integerOf(Buffer.from(serial, 'hex')), der.time(at)]
  return code === null ? der.sequence(...parts) : der.sequence(...parts, der.sequence(reasonExtension(code)))
}

const reasonExtensions = new Map<number, der.Der>()

/** The same few for each of many entries. */
function reasonExtension(code: number): der.Der {
  let known = reasonExtensions.get(code)
  if (known === undefined) {
    known = extension(REASON_CODE, der.enumerated(code))
    reasonExtensions.set(code, known)
  }
  return known
}
