import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import type { San, SanType } from '../identity/types.ts'
import * as der from './der-write.ts'
import { IssuanceError } from './issuance-error.ts'

/** The kinds that certgate puts into a certificate, by the words that people write before the colon. */
export const SAN_WORDS: ReadonlyMap<string, SanType> = new Map([
  ['dns', 'dNSName'],
  ['ip', 'iPAddress'],
  ['uri', 'uniformResourceIdentifier'],
  ['email', 'rfc822Name'],
])

/** GeneralName tags (RFC 5280 section 4.2.1.6). */
const TAGS: ReadonlyMap<SanType, number> = new Map([
  ['rfc822Name', 1],
  ['dNSName', 2],
  ['uniformResourceIdentifier', 6],
  ['iPAddress', 7],
])

/** More would make a certificate that some clients refuse for its size. */
export const MAX_NAMES = 100
const LONGEST_DNS = 253
const LONGEST_EMAIL = 254
const LONGEST_URI = 2048
const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/
const LOCAL_PART = /^(?!\.)(?!.*\.\.)[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}(?<!\.)$/
const SHOWN = 60

/**
 * A SAN as people write it: `dns:a.example`, `ip:10.0.0.7`, `uri:spiffe://t/a`, `email:a@b.example`; without a word in front it is an IP
 * address or DNS name. Throws IssuanceError for what is none, or what no certificate can hold.
 */
export function parseSan(text: string): San {
  const [, word, value = ''] = /^(dns|ip|uri|email):(.*)$/is.exec(text) ?? []
  const bare = /^\[(.+)\]$/.exec(text)?.[1] ?? text
  if (isIP(bare) !== 0) return checkSan({ type: 'iPAddress', value: bare })
  const type = word === undefined ? undefined : SAN_WORDS.get(word.toLowerCase())
  return checkSan(type === undefined ? { type: 'dNSName', value: text } : { type, value })
}

/** The same name as it goes into a certificate (DNS in Punycode and lower case). Throws IssuanceError where it cannot. */
export function checkSan({ type, value }: San): San {
  const [what, accepted] =
    type === 'dNSName'
      ? ['a host name', dnsName(value)]
      : type === 'iPAddress'
        ? ['an IP address', ipAddress(value)]
        : type === 'rfc822Name'
          ? ['an e-mail address in ASCII', emailAddress(value)]
          : type === 'uniformResourceIdentifier'
            ? ['an absolute URI in ASCII', absoluteUri(value)]
            : ['a name of a kind that is issued', null]
  if (accepted !== null) return { type, value: accepted }
  const shown = value.length > SHOWN ? `${value.slice(0, SHOWN).toWellFormed()}...` : value.toWellFormed()
  throw new IssuanceError('names', `${JSON.stringify(shown)} is not ${what}`, 'write dns:NAME, ip:ADDRESS, uri:URI or email:ADDRESS')
}

/** Checks every name, drops repetitions, keeps the order. Throws IssuanceError, also where there are more than 100. */
export function checkSans(names: readonly (string | San)[]): San[] {
  if (names.length > MAX_NAMES)
    throw new IssuanceError('names', `there are ${names.length} names, and at most ${MAX_NAMES} fit into a certificate`)
  const distinct = new Map<string, San>()
  for (const name of names) {
    const san = typeof name === 'string' ? parseSan(name) : checkSan(name)
    distinct.set(`${san.type}:${san.value}`, san)
  }
  return [...distinct.values()]
}

/** Underscores are no host names, but many containers and records are called so. */
function dnsName(text: string): string | null {
  const [wildcard, rest] = text.startsWith('*.') ? ['*.', text.slice(2)] : ['', text]
  // domainToASCII reads its input as the host of a URL, and would stop at what ends one; an ASCII name is taken as it is.
  if (rest.length > LONGEST_DNS || /[/?#@:\\%\s\p{Cc}]/u.test(rest)) return null
  const ascii = /^[\x21-\x7e]+$/.test(rest) ? rest.toLowerCase() : domainToASCII(rest)
  const labels = ascii.split('.')
  if (ascii.length + wildcard.length > LONGEST_DNS || !labels.every((label) => LABEL.test(label))) return null
  // All digits at the end would be read as an IPv4 address.
  if (/^[0-9]+$/.test(labels.at(-1) ?? '')) return null
  return wildcard === '' || labels.length > 1 ? wildcard + ascii : null
}

const ipAddress = (text: string): string | null => (isIP(text) === 0 || text.includes('%') ? null : text)

function emailAddress(text: string): string | null {
  const at = text.lastIndexOf('@')
  const host = at < 1 ? null : text.slice(at + 1)
  if (host === null || text.length > LONGEST_EMAIL || !LOCAL_PART.test(text.slice(0, at))) return null
  return dnsName(host) === host.toLowerCase() && !host.startsWith('*') ? text : null
}

/** RFC 5280 section 4.2.1.6: absolute, with a scheme and something behind it. Kept byte for byte: it is compared so. */
function absoluteUri(text: string): string | null {
  const wellFormed = text.length <= LONGEST_URI && /^[a-z][a-z0-9+.-]*:[!#-;=?-[\]_a-z~]+$/i.test(text) && URL.canParse(text)
  return wellFormed && !/%(?![0-9a-f]{2})/i.test(text) ? text : null
}

/** The GeneralName of a checked SAN. */
export function encodeSan({ type, value }: San): der.Der {
  const tag = TAGS.get(type)
  if (tag === undefined) throw new IssuanceError('names', `a name of kind ${type} is not issued`)
  return der.contextPrimitive(tag, type === 'iPAddress' ? addressBytes(value) : Buffer.from(value))
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number))
  // An IPv4 tail is two groups.
  const text = address.replace(/[\d.]+$/, (tail) => {
    const [a = 0, b = 0, c = 0, d = 0] = tail.split('.').map(Number)
    return tail.includes('.') ? `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}` : tail
  })
  const [head = '', tail] = text.split('::')
  const groups = (part: string | undefined) => (part ? part.split(':').map((group) => Number.parseInt(group, 16)) : [])
  const before = groups(head)
  const after = groups(tail)
  const bytes = Buffer.alloc(16)
  ;[...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after].forEach((group, index) => {
    bytes.writeUInt16BE(group, index * 2)
  })
  return bytes
}
