/**
 * The key of `names` that a server name (RFC 6066 section 3) or Host falls under: the exact one, else `*.x` with exactly one
 * label in place of the star; null where there is none. Case is ignored; a trailing dot, an empty label and a name that looks
 * like a pattern match nothing.
 */
export function findName(names: ReadonlyMap<string, unknown>, host: string): string | null {
  const name = host.toLowerCase()
  if (name.startsWith('*')) return null
  if (names.has(name)) return name
  const dot = name.indexOf('.')
  if (dot < 1) return null
  const wildcard = `*${name.slice(dot)}`
  return names.has(wildcard) ? wildcard : null
}
