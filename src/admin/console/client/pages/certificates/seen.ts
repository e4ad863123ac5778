import { ask } from '../../api.ts'
import type { CertificateDetails } from '../../api-types.ts'

/** A certificate as it was read, and the tag that says so. */
export interface Seen {
  readonly certificate: CertificateDetails
  readonly etag: string
}

export async function see(fingerprint: string, signal?: AbortSignal): Promise<Seen> {
  const { value, etag } = await ask<CertificateDetails>(`GET /api/v1/certificates/${fingerprint}`, signal === undefined ? {} : { signal })
  return { certificate: value, etag: etag ?? '' }
}
