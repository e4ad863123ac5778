/** What is asked of explain, in the address and in the body of the request. Pure. */

export type Who = 'registered' | 'pem' | 'name' | 'dn'

export interface Asked {
  readonly who: Who
  readonly fingerprint: string
  readonly pem: string
  readonly cn: string
  readonly dn: string
  readonly method: string
  readonly url: string
  readonly listener: string
  readonly address: string
}

const KEPT = ['fingerprint', 'cn', 'dn', 'method', 'url', 'listener', 'address'] as const

/** What was kept in an address. */
export function askedIn(query: URLSearchParams): Asked {
  const text = (name: string): string => query.get(name) ?? ''
  return {
    who: whoIn(query),
    fingerprint: text('fingerprint'),
    pem: '',
    cn: text('cn'),
    dn: text('dn'),
    method: query.get('method') ?? 'GET',
    url: query.get('url') ?? '/',
    listener: text('listener'),
    address: text('address'),
  }
}

function whoIn(query: URLSearchParams): Who {
  const given = query.get('who')
  if (given === 'pem' || given === 'name' || given === 'dn') return given
  if (query.has('fingerprint')) return 'registered'
  return query.has('cn') ? 'name' : query.has('dn') ? 'dn' : 'registered'
}

const CLAIMED_BY: Readonly<Record<string, Who>> = { fingerprint: 'registered', cn: 'name', dn: 'dn' }

/** For the address: all but a pasted certificate, which is nobody's who only gets the link. */
export function queryOf(asked: Asked): URLSearchParams {
  const query = new URLSearchParams()
  if (asked.who === 'pem') query.set('who', 'pem')
  for (const name of KEPT) {
    const { who } = asked
    if (asked[name] !== '' && (CLAIMED_BY[name] ?? who) === who) query.set(name, asked[name])
  }
  return query
}

/** The place of an answer about somebody in the console. */
export function explainLink(about: Partial<Asked>): string {
  return `/console/explain?${queryOf({ ...askedIn(new URLSearchParams()), ...about })}`
}

/** What is missing or wrong, by field; empty: it can be asked. */
export function faultsOf({ who, fingerprint, pem, cn, dn, method, url }: Asked): ReadonlyMap<keyof Asked, string> {
  const faults = new Map<keyof Asked, string>()
  if (who === 'registered' && fingerprint === '') faults.set('fingerprint', 'Choose a certificate.')
  if (who === 'pem' && certificatesIn(pem) === '') faults.set('pem', 'There is no certificate in this text.')
  if (who === 'name' && cn.trim() === '') faults.set('cn', 'Type a common name.')
  if (who === 'dn' && dn.trim() === '') faults.set('dn', 'Type a distinguished name.')
  if (method.trim() === '') faults.set('method', 'A method is missing.')
  if (!/^(\/|\*$|https?:\/\/)/i.test(url)) faults.set('url', 'Write a path, or a whole URL.')
  return faults
}

/** The body of POST /api/v1/explain. */
export function bodyOf({ who, fingerprint, pem, cn, dn, method, url, listener, address }: Asked): Record<string, string> {
  const claims: Readonly<Record<Who, Record<string, string>>> = {
    registered: { fingerprint },
    pem: { certificate: certificatesIn(pem) },
    name: { cn },
    dn: { dn },
  }
  const place = { ...(listener === '' ? {} : { listener }), ...(address === '' ? {} : { address }) }
  return { ...claims[who], method, url, ...place }
}

const BLOCK = /-----BEGIN (?:X509 )?CERTIFICATE-----[A-Za-z0-9+/=\s]*-----END (?:X509 )?CERTIFICATE-----/g

/** The certificates of a text, PEM or base64: a private key beside them does not leave the browser. '': there is none. */
export function certificatesIn(text: string): string {
  const blocks = text.match(BLOCK)
  if (blocks !== null) return `${blocks.join('\n')}\n`
  const bare = text.replace(/\s/g, '')
  return !text.includes('-----') && /^M[A-Za-z0-9+/]{60,}={0,2}$/.test(bare) ? bare : ''
}
