/** What JSON can say, without the values that are written in more than one way. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/**
 * JSON with one spelling per value (RFC 8785): keys in the order of their UTF-16 code units, no white space. Equal values give equal
 * bytes, on any machine. Throws on what JSON cannot hold (NaN, Infinity, undefined, a Map): it would be hashed as something else.
 */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`${value} has no canonical JSON`)
    return JSON.stringify(value)
  }
  if (typeof value !== 'object') throw new TypeError(`a ${typeof value} has no canonical JSON`)
  if (Array.isArray(value)) return `[${value.map((item: Json) => canonicalJson(item)).join(',')}]`
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw new TypeError('only plain objects have canonical JSON')
  const members = value as { readonly [key: string]: Json }
  const keys = Object.keys(members).sort()
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(members[key] as Json)}`).join(',')}}`
}
