/** Object identifiers of PKCS#12 (RFC 7292), PKCS#5 (RFC 8018) and what they name, by their usual names. */
export const oid = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  envelopedData: '1.2.840.113549.1.7.3',
  encryptedData: '1.2.840.113549.1.7.6',
  keyBag: '1.2.840.113549.1.12.10.1.1',
  shroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certBag: '1.2.840.113549.1.12.10.1.3',
  safeContentsBag: '1.2.840.113549.1.12.10.1.6',
  x509Certificate: '1.2.840.113549.1.9.22.1',
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
  pbes2: '1.2.840.113549.1.5.13',
  pbmac1: '1.2.840.113549.1.5.14',
  pbkdf2: '1.2.840.113549.1.5.12',
  hmacWithSha256: '1.2.840.113549.2.9',
  aes256Cbc: '2.16.840.1.101.3.4.1.42',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha1: '1.3.14.3.2.26',
  tripleDesWithSha1: '1.2.840.113549.1.12.1.3',
  trustedKeyUsage: '2.16.840.1.113894.746875.1.1',
} as const

/** Digests as Node names them, with the block size in bytes that the key derivation of RFC 7292 appendix B needs. */
export const digests: ReadonlyMap<string, { readonly name: string; readonly block: number }> = new Map([
  ['1.3.14.3.2.26', { name: 'sha1', block: 64 }],
  ['2.16.840.1.101.3.4.2.4', { name: 'sha224', block: 64 }],
  [oid.sha256, { name: 'sha256', block: 64 }],
  ['2.16.840.1.101.3.4.2.2', { name: 'sha384', block: 128 }],
  ['2.16.840.1.101.3.4.2.3', { name: 'sha512', block: 128 }],
  ['2.16.840.1.101.3.4.2.6', { name: 'sha512-256', block: 128 }],
])

export const hmacDigests: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.2.7', 'sha1'],
  ['1.2.840.113549.2.8', 'sha224'],
  [oid.hmacWithSha256, 'sha256'],
  ['1.2.840.113549.2.10', 'sha384'],
  ['1.2.840.113549.2.11', 'sha512'],
  ['1.2.840.113549.2.13', 'sha512-256'],
])

/** Ciphers of PBES2, with the key length in bytes. */
export const ciphers: ReadonlyMap<string, { readonly name: string; readonly keyBytes: number }> = new Map([
  ['2.16.840.1.101.3.4.1.2', { name: 'aes-128-cbc', keyBytes: 16 }],
  ['2.16.840.1.101.3.4.1.22', { name: 'aes-192-cbc', keyBytes: 24 }],
  [oid.aes256Cbc, { name: 'aes-256-cbc', keyBytes: 32 }],
  ['1.2.840.113549.3.7', { name: 'des-ede3-cbc', keyBytes: 24 }],
])

/** What tools before about 2022 wrote (RFC 7292 appendix C), with the key length in bytes. */
export const oldCiphers: ReadonlyMap<string, { readonly name: 'des-ede3-cbc' | 'rc2'; readonly keyBytes: number }> = new Map([
  ['1.2.840.113549.1.12.1.3', { name: 'des-ede3-cbc', keyBytes: 24 }],
  ['1.2.840.113549.1.12.1.4', { name: 'des-ede3-cbc', keyBytes: 16 }],
  ['1.2.840.113549.1.12.1.5', { name: 'rc2', keyBytes: 16 }],
  ['1.2.840.113549.1.12.1.6', { name: 'rc2', keyBytes: 5 }],
])
