import { hash } from 'node:crypto'
import { readCertificate } from '../identity/certificate.ts'
import type { NewIssuance } from '../store/issuance-records.ts'
import type { Store } from '../store/store.ts'
import type { Actor, NewEntry } from '../store/types.ts'
import { issuedFacts, leafOf } from './entry-facts.ts'
import { type Issuer, issuerKeyId } from './issuer.ts'

/** What certgate does by itself. */
export const ITSELF: Actor = { name: 'certgate', fingerprint: null }

/** What the store keeps of a certificate that this issuer signed and that is no client's: its key is nothing that the registry judges by. */
export function issuanceOf(issuer: Issuer, der: Uint8Array): NewIssuance {
  const { serial, dn, notAfter } = readCertificate(der)
  return { issuerKeyId: issuerKeyId(issuer), serial, fingerprint: hash('sha256', der, 'hex'), subjectDn: dn, notAfter, pin: null }
}

/** Records a certificate that is in no registry (of a server, a CA, a responder), before it is released. */
export function recordIssuance(store: Store, issuer: Issuer, der: Uint8Array, actor: Actor): void {
  store.issuance.record(issuanceOf(issuer, der), actor)
}

/** The registry entry of a client certificate that this issuer signed. */
export function issuedEntry(issuer: Issuer, der: Uint8Array, rights: Pick<NewEntry, 'name' | 'clearance' | 'permissions'>): NewEntry {
  return { ...rights, ...issuedFacts(issuer, leafOf(der)), origin: 'issued' }
}
