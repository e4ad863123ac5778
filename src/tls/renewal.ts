import { createHash, createPublicKey, type KeyObject, type X509Certificate } from 'node:crypto'
import { keyWeakness } from './algorithm.ts'
import { bearsSignatureOf, publicKeyOf } from './authority-node.ts'
import type { Leaf } from './leaf.ts'
import { nameDigest, sanText } from './name-digest.ts'
import type { Registered } from './registry-types.ts'

/** An unregistered certificate that may renew a registered one. */
export interface Candidate {
  readonly leaf: Pick<Leaf, 'facts' | 'pin'>
  x509(): X509Certificate
}

/** What came of looking for whom a certificate renews. */
export interface Recognition {
  /** null: nobody. */
  readonly predecessor: Registered | null
  /** Why it renews none of those with its key; '' where there are none, or one is renewed. */
  readonly problem: string
}

/** Signatures are checked with the keys of so many CAs at most; the certificates of one key rarely come from two. */
const MAX_ISSUERS = 8

/**
 * Whom of `registered`, those with its own public key, a certificate renews: the newest that it may. Pure; whoever asks has seen that its
 * holder has the key, that it is in force and fit for clients, and that nothing registered stands against its key.
 */
export function recognizeRenewal(candidate: Candidate, registered: Iterable<Registered>, now: number): Recognition {
  const names = namesOf(candidate)
  const signers = new Signers(candidate)
  let predecessor: Registered | null = null
  let problem = ''
  for (const entry of registered) {
    if (predecessor !== null && predecessor.notBefore >= entry.notBefore) continue
    const why = problemWith(candidate, names, entry, now) ?? signers.problemWith(entry)
    if (why === null) predecessor = entry
    else problem ||= `it has the key of the registered certificate ${JSON.stringify(entry.name)} (${entry.fingerprint}), but ${why}`
  }
  return { predecessor, problem: predecessor === null ? problem : '' }
}

interface Names {
  readonly subject: string
  readonly sans: readonly string[]
}

function namesOf({ leaf: { facts } }: Candidate): Names {
  return { subject: nameDigest(facts.dn), sans: facts.sans.map((san) => nameDigest(sanText(san))) }
}

/** All but the signature, which costs more. */
function problemWith({ leaf }: Candidate, { subject, sans }: Names, entry: Registered, now: number): string | null {
  if (entry.pin !== leaf.pin) return 'has another key'
  if (entry.revoked !== null) return 'that one is revoked'
  if (entry.disabled) return 'that one is disabled'
  if (now > entry.notAfter) return 'that one has expired'
  if (now < entry.notBefore) return 'that one is not valid yet'
  if (entry.subject !== subject) return 'has another subject'
  return sans.every((san) => entry.sans.includes(san)) ? null : 'has alternative names that the other has not'
}

/** Which CA keys made the candidate's signature; each is tried once. */
class Signers {
  readonly #candidate: Candidate
  readonly #tried = new Map<string, string | null>()

  constructor(candidate: Candidate) {
    this.#candidate = candidate
  }

  problemWith({ issuerKey }: Registered): string | null {
    if (issuerKey === null) return 'which CA signed that one is not known'
    const pin = createHash('sha256').update(issuerKey).digest('hex')
    const known = this.#tried.get(pin)
    if (known !== undefined) return known
    if (this.#tried.size === MAX_ISSUERS) return 'too many CAs have signed certificates of its key'
    const problem = this.#verify(pin, issuerKey)
    this.#tried.set(pin, problem)
    return problem
  }

  #verify(pin: string, issuerKey: Uint8Array): string | null {
    // Whoever signs for himself could renew for ever.
    if (pin === this.#candidate.leaf.pin) return 'that one is self-signed'
    const key = keyOf(issuerKey)
    if (key === null || keyWeakness(key) !== null) return 'the key of the CA that signed that one is weak or unknown'
    const x509 = this.#candidate.x509()
    if (bearsSignatureOf(x509, { publicKey: publicKeyOf(x509) })) return 'is self-signed'
    return bearsSignatureOf(x509, { publicKey: key }) ? null : 'was not signed by the key of the same CA'
  }
}

function keyOf(spki: Uint8Array): KeyObject | null {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
  } catch {
    return null
  }
}
