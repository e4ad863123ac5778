import { certificateParts } from '../identity/certificate.ts'
import { lookUpKey } from '../store/look-up.ts'
import { Registry } from '../tls/registry.ts'
import { parseBase } from '../tls/registry-base.ts'
import { encodeBase } from '../tls/registry-base-writer.ts'
import { digest } from './certificate-file.ts'

/**
 * The registry as far as it says anything about a certificate: all that has its public key. Empty where there is no store, or the DER is
 * none. Throws StoreError for a store that cannot be read: what it says must not be left out unseen.
 */
export async function registryOfKey(store: string | null, der: Uint8Array): Promise<Registry> {
  const pin = pinOf(der)
  const entries = store === null || pin === null ? [] : (lookUpKey(store, pin) ?? [])
  return new Registry(await parseBase(await encodeBase({ entries, epoch: 'explained', version: 0 })))
}

function pinOf(der: Uint8Array): string | null {
  try {
    return digest('sha256', certificateParts(der).subjectPublicKeyInfo)
  } catch {
    return null
  }
}
