const REDACTED = '[redacted]'

/** Keys, folded to lower-case letters and digits, whose value is never logged. */
const SECRET_KEYS = new Set(['pass', 'pwd', 'hash', 'jwt', 'pin', 'sessionkey', 'ticketkeys', 'credentials', 'setcookie'])
const SECRET_ENDINGS = ['password', 'passwd', 'passphrase', 'secret', 'token', 'privatekey', 'apikey', 'cookie', 'authorization']

/** Secrets that are recognised by their own shape, wherever they stand; each replacement keeps what says which kind it was. */
const SECRET_SHAPES: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN ([A-Z0-9 ]*)PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g, `${REDACTED} private key`],
  [/((?:authorization|cookie)["']?\s*[:=]\s*)[^\r\n"'}]+/gi, `$1${REDACTED}`],
  // Only what looks like a token: "basic authentication" is no credential.
  [/\b([Bb]asic|[Bb]earer|[Dd]igest|[Nn]egotiate)\s+(?=\S*(?:[a-z][A-Z]|[0-9=]))[\w+/.~=-]{6,}/g, `$1 ${REDACTED}`],
  [/\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*/g, `${REDACTED} jwt`],
  [/\$(2[abxy]?|argon2id?|argon2d|[56])\$[\w./+=,$-]+/g, `$$$1$$${REDACTED}`],
  [/(\/\/)[^/\s@]+@/g, `$1${REDACTED}@`],
  [
    /((?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|cookie)["']?\s*[:=]\s*)(?:"[^"]*"|'[^']*'|(?!\[redacted)[^\s"',;&}]+)/gi,
    `$1${REDACTED}`,
  ],
]

/** What is deeper than this is no log field any more. */
const MAX_DEPTH = 8

/** A copy of parsed JSON with everything secret in it replaced: by the name of its key, or by its own shape. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return scrub(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth >= MAX_DEPTH) return '[too deep]'
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1))
  const entries = Object.entries(value)
  const size = byteCount(entries)
  // Keys, PFX files and ticket keys are bytes: they are never written out.
  if (size !== null) return `[${size} bytes]`
  return Object.fromEntries(
    entries.map(([key, item]) => [scrub(key), isSecretKey(key) && item !== null ? REDACTED : redact(item, depth + 1)]),
  )
}

/** Text with every recognisable secret in it replaced. */
export function scrub(text: string): string {
  let scrubbed = text
  for (const [shape, replacement] of SECRET_SHAPES) scrubbed = scrubbed.replace(shape, replacement)
  return scrubbed
}

function isSecretKey(key: string): boolean {
  const folded = key.toLowerCase().replace(/[^a-z0-9]/g, '')
  return SECRET_KEYS.has(folded) || SECRET_ENDINGS.some((ending) => folded.endsWith(ending))
}

/** The length of what was a Buffer or a byte array before it became JSON; null where it was not. */
function byteCount(entries: readonly (readonly [string, unknown])[]): number | null {
  const [first, second] = entries
  if (first?.[0] === 'type' && first[1] === 'Buffer' && Array.isArray(second?.[1])) return second[1].length
  const indexed = entries.length > 0 && entries.every(([key, item], index) => key === String(index) && typeof item === 'number')
  return indexed ? entries.length : null
}
