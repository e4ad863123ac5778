/** Weight of each media range by name, parameters but `q` ignored; malformed ranges count as absent (RFC 9110 section 12.5.1). */
function weights(accept: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  for (const range of accept.toLowerCase().split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim())
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
    const q = weight === undefined ? 1 : /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(weight) ? Number(weight) : 0
    if (type !== '') found.set(type, Math.max(q, found.get(type) ?? 0))
  }
  return found
}

/**
 * Whether an Accept value asks for a page: HTML is named, and no JSON that is named weighs as much. Wildcards alone, which
 * programs send, mean JSON.
 */
export function prefersHtml(accept: string): boolean {
  const found = weights(accept)
  const html = Math.max(found.get('text/html') ?? 0, found.get('application/xhtml+xml') ?? 0)
  if (html === 0) return false
  const named = Math.max(found.get('application/problem+json') ?? 0, found.get('application/json') ?? 0)
  const any = Math.max(found.get('*/*') ?? 0, found.get('application/*') ?? 0)
  return html > named && html >= any
}
