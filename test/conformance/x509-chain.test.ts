/**
 * Published chains, good and bad, shown to the real program at TLS 1.2 and 1.3. Every trust of the set is a listener of its own in one
 * configuration; a trust that `check` refuses would never have been served, which rejects whatever hangs from it.
 */
import { test } from 'node:test'
import { fileLifetime } from '../support/lifetime.ts'
import { type Answer, askWith, inParallel } from './certificate-client.ts'
import { type ListenerTrust, type ManyListeners, startListeners } from './many-listeners.ts'
import { type Fault, type Outcome, printable, Tally } from './tally.ts'
import { readVectors, selected } from './vectors.ts'

interface ChainVector {
  readonly id: string
  readonly expected: 'ACCEPT' | 'REJECT'
  readonly binding: string
  readonly validation_time: string | null
  readonly needs_faketime: boolean
  readonly trusted_certs: readonly string[]
  readonly untrusted_intermediates: readonly string[]
  readonly peer_certificate: string
  readonly peer_certificate_key: string | null
  readonly crls: readonly string[]
}

const ROUTES = `
  - { name: any, path: /**, allow: [authenticated], upstream: recorder }`

/** Names are not what these cases are about: the whole DN, whatever it is. */
const AUTH = `
  domains:
    certificates:
      order: 1
      http_authenticator: { type: clientcert, challenge: false, config: {} }
      authentication_backend: { type: noop }`

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const

const lifetime = fileLifetime()

test('x509-chain', async (t) => {
  const set = readVectors<{ vectors: ChainVector[] }>(t, 'x509-chain')
  if (set === null) return
  const tally = new Tally('x509-chain')
  const cases: ChainVector[] = []
  for (const vector of set.vectors.filter(({ id }) => selected(id))) {
    if (vector.peer_certificate_key === null) tally.skip(vector.id, 'its private key is not known, so nobody can show it')
    else if (vector.needs_faketime) tally.skip(vector.id, 'it needs another clock, which no program here can be given')
    else cases.push(vector)
  }
  const trusts = new Map<string, ListenerTrust>()
  for (const vector of cases) trusts.set(trustKey(vector), { ca: vector.trusted_certs, lists: vector.crls })
  const keys = [...trusts.keys()]
  const listeners = await startListeners(lifetime, [...trusts.values()], { routes: ROUTES, auth: AUTH, rolesMapping: 'nobody: {}\n' })
  const refusedTrusts = listeners.problems.filter((problems) => problems.length > 0).length
  await inParallel(cases, 6, async (vector) => {
    const outcome = await judge(listeners, vector, keys.indexOf(trustKey(vector)))
    if (outcome === null) tally.skip(vector.id, 'a client of OpenSSL can show it in no version of TLS')
    else tally.add(outcome)
  })
  await listeners.audit()
  t.diagnostic(`${keys.length} listeners, ${refusedTrusts} refused by check; each chain at ${VERSIONS.join(' and ')}`)
  tally.finish(t)
})

function trustKey({ trusted_certs, crls }: ChainVector): string {
  return JSON.stringify([trusted_certs, crls])
}

/** null where the certificate was never shown: the gateway's answer says nothing about it. */
async function judge(listeners: ManyListeners, vector: ChainVector, index: number): Promise<Outcome | null> {
  const { id, expected, binding } = vector
  const sent = `${vector.untrusted_intermediates.length} intermediates and ${printable(vector.peer_certificate, 100)}`
  const port = listeners.ports[index] ?? null
  const expectations: Fault[] = []
  const invariants: Fault[] = []
  if (port === null) {
    const reached = `check refuses the trust: ${listeners.problems[index]?.join('; ')}`
    if (expected === 'ACCEPT') expectations.push({ expected, reached })
    return { id, sent, invariants, expectations, binding }
  }
  let shown = 0
  for (const version of VERSIONS) {
    const path = `/${version}/${id.replaceAll(/[^A-Za-z0-9.-]/g, '-')}`
    const chain = [vector.peer_certificate, ...vector.untrusted_intermediates]
    const answer = await askWith({ port, chain, key: vector.peer_certificate_key as string, version }, path)
    const upstream = listeners.witness.requests.filter(({ target }) => target === path)
    const reached = `${version}: ${answer.status}${answer.error} ${printable(answer.body, 400)}; ${upstream.length} upstream`
    if (answer.body.includes('"code":"certificate_required"')) continue
    shown++
    const accepted = wasAuthenticated(answer)
    if (accepted !== (expected === 'ACCEPT')) expectations.push({ expected, reached })
    if (upstream.length !== (answer.status === 200 ? 1 : 0))
      invariants.push({ expected: 'what the client heard, at the upstream', reached })
    for (const { problems } of upstream) for (const problem of problems) invariants.push({ expected: `a strict head; ${problem}`, reached })
  }
  if (shown === 0) return null
  return { id, sent, invariants, expectations, binding }
}

/** A certificate that only has no name to go by was trusted all the same. */
function wasAuthenticated({ status, body }: Answer): boolean {
  return status === 200 || (status === 403 && body.includes('"code":"identity_unusable"'))
}
