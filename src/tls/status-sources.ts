import { UnreadableCertificateError } from '../errors.ts'
import { contentBytes, type DerElement, inside, SEQUENCE } from '../identity/der.ts'
import { readOid } from '../identity/der-values.ts'
import { AUTHORITY_INFO_ACCESS, CRL_DISTRIBUTION_POINTS } from '../identity/oids.ts'
import { findExtension } from './extension.ts'

const OCSP_ACCESS = '1.3.6.1.5.5.7.48.1'
const URI = 0x86
/** Of each kind; one certificate is not to cause more fetches than that. */
const MAX_URLS = 3

/** OCSP responders (RFC 5280 section 4.2.2.1) that a certificate names by http or https; what cannot be read names none. */
export function readResponders(certificate: Uint8Array): string[] {
  return readLeniently(() => {
    const list = findExtension(certificate, AUTHORITY_INFO_ACCESS)?.open(SEQUENCE, 'the authority information')
    const urls: string[] = []
    while (list !== undefined && !list.atEnd) {
      const access = list.open(SEQUENCE, 'an access description')
      const method = readOid(access.next('an access description'), 'an access description')
      const place = access.next('an access description')
      if (method === OCSP_ACCESS) urls.push(...urlOf(place))
    }
    return urls
  })
}

/** Where its revocation lists are fetched from (RFC 5280 section 4.2.1.13); not those of another issuer or of only some reasons. */
export function readListUrls(certificate: Uint8Array): string[] {
  return readLeniently(() => {
    const points = findExtension(certificate, CRL_DISTRIBUTION_POINTS)?.open(SEQUENCE, 'the distribution points')
    const urls: string[] = []
    while (points !== undefined && !points.atEnd) {
      const point = points.open(SEQUENCE, 'a distribution point')
      const wrapper = point.optional(0xa0, 'a distribution point')
      const whole = point.atEnd
      const fullName = wrapper === null ? null : inside(wrapper, 'a distribution point').optional(0xa0, 'a distribution point')
      if (fullName === null || !whole) continue
      const names = inside(fullName, 'a distribution point')
      while (!names.atEnd) urls.push(...urlOf(names.next('a distribution point')))
    }
    return urls
  })
}

function urlOf(name: DerElement): string[] {
  if (name.tag !== URI) return []
  const url = URL.parse(Buffer.from(contentBytes(name)).toString('latin1'))
  const fit = url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === ''
  return fit ? [url.href] : []
}

function readLeniently(read: () => string[]): string[] {
  try {
    return [...new Set(read())].slice(0, MAX_URLS)
  } catch (error) {
    if (error instanceof UnreadableCertificateError) return []
    throw error
  }
}
