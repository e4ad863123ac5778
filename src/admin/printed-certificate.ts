import { ExpressionError } from '../identity/expression-error.ts'
import { parseName } from '../identity/name-parse.ts'
import type { PeerCertificate, San, SanType } from '../identity/types.ts'
import type { RegistryRecord } from '../store/types.ts'
import { imaginedCertificate } from './imagined-certificate.ts'

/** As much of a registered certificate as names are made of. */
export type Printed = Pick<RegistryRecord, 'subjectDn' | 'sans' | 'notBefore'>

/** What names are made of, from what the registry prints: reading the certificate itself would cost ten times as much. */
export function printedCertificate({ subjectDn, sans, notBefore }: Printed): PeerCertificate {
  return { ...imaginedCertificate(nameOf(subjectDn), null, notBefore), dn: subjectDn, sans: sans.map(sanOf) }
}

function nameOf(dn: string) {
  try {
    return dn === '' ? [] : parseName(dn)
  } catch (error) {
    // The printed DN itself is among the names all the same.
    if (error instanceof ExpressionError) return []
    throw error
  }
}

function sanOf(text: string): San {
  const colon = text.indexOf(':')
  return { type: text.slice(0, colon) as SanType, value: text.slice(colon + 1) }
}
