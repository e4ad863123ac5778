import { malformed } from './problem.ts'

/** The bytes of a certificate that came as text: PEM as it is, else base64 of DER or PFX. Throws AdminProblem 400. */
export function certificateBytes(text: string): Buffer {
  if (text.includes('-----BEGIN')) return Buffer.from(text)
  const bare = text.replace(/\s/g, '')
  if (bare === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(bare)) {
    throw malformed('the certificate is neither PEM nor base64', 'give it in PEM, or base64 of DER or PFX')
  }
  return Buffer.from(bare, 'base64')
}
