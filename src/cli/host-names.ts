import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { domainToASCII } from 'node:url'
import { UsageError } from '../errors.ts'

const label = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/

/** A DNS name (lower case, Punycode, `*.` allowed in front) or IP address that may stand in a certificate; null for anything else. */
export function certificateName(text: string): string | null {
  const bare = /^\[(.+)\]$/.exec(text)?.[1] ?? text
  if (isIP(bare) !== 0) return bare.includes('%') ? null : bare
  const [wildcard, rest] = text.startsWith('*.') ? ['*.', text.slice(2)] : ['', text]
  // domainToASCII reads its input as the host of a URL, and would stop at what ends one.
  if (/[/?#@:\\%\s\p{Cc}]/u.test(rest)) return null
  const ascii = domainToASCII(rest.replace(/\.$/, ''))
  const labels = ascii.split('.')
  const last = labels.at(-1) ?? ''
  if (ascii.length > 253 - wildcard.length || !labels.every((part) => label.test(part)) || /^[0-9]+$/.test(last)) return null
  return wildcard === '' || labels.length > 1 ? wildcard + ascii : null
}

/** The names asked for, then those by which the machine reaches itself; the first is the most wanted. */
export function serverNames(asked: readonly string[], machine = hostname()): readonly string[] {
  const names = asked.map((text) => {
    const name = certificateName(text)
    if (name === null) throw new UsageError(`'${text}' is neither a host name nor an IP address`, 'e.g. gate.example or 10.0.0.7')
    return name
  })
  // A machine may have a name that no certificate can hold, e.g. with an underscore; nobody asked for it.
  const own = certificateName(machine)
  return [...new Set([...names, ...(own === null ? [] : [own]), 'localhost', '127.0.0.1', '::1'])]
}
