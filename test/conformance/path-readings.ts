/** How servers have been seen to read a path. Each takes and gives one character per byte. */
export type Reading = (path: string) => string

export const READINGS: ReadonlyMap<string, Reading> = new Map<string, Reading>([
  ['dots', removeDotSegments],
  ['decode', decode],
  ['merge', (path) => path.replaceAll(/\/{2,}/g, '/')],
  ['params', (path) => path.replaceAll(/;[^/]*/g, '')],
  ['backslash', (path) => path.replaceAll('\\', '/')],
  ['nul', (path) => path.replace(/\0.*$/s, '')],
  ['trim', (path) => path.replace(/^[\s\0]+/, '').replace(/(?<=.)[\s\0/.]+$/, '')],
  ['lower', (path) => path.toLowerCase()],
  ['unicode', readUnicode],
  ['extension', (path) => path.replace(/(?<=[^/])\.\w+$/, '')],
  ['cut', (path) => path.replace(/[?#].*$/s, '')],
])

/** RFC 3986 section 5.2.4, for a path that begins with a slash. */
function removeDotSegments(path: string): string {
  const kept: string[] = []
  const segments = path.split('/').slice(1)
  for (const [index, segment] of segments.entries()) {
    if (segment === '..') kept.pop()
    else if (segment !== '.') kept.push(segment)
    if (index === segments.length - 1 && (segment === '.' || segment === '..')) kept.push('')
  }
  return `/${kept.join('/')}`
}

function decode(path: string): string {
  return path.replaceAll(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** Compatibility forms of UTF-8, and the overlong slash and dot that careless decoders take. */
function readUnicode(path: string): string {
  const plain = path.replaceAll('\xc0\xaf', '/').replaceAll('\xc0\xae', '.')
  const text = Buffer.from(plain, 'latin1').toString('utf8')
  return Buffer.from(text.normalize('NFKC'), 'utf8').toString('latin1')
}

/** Every path that servers with these readings, applied in any order, may make of one; each at most `times` for `decode`. */
export function pathsReached(path: string, readings: readonly string[], decodings: number): ReadonlySet<string> {
  const seen = new Set<string>()
  const queue: [string, number][] = [[path, 0]]
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const [text, decoded] = next
    const key = `${decoded} ${text}`
    if (seen.has(key)) continue
    seen.add(key)
    for (const name of readings) {
      if (name === 'decode' && decoded === decodings) continue
      const read = (READINGS.get(name) as Reading)(text)
      if (read !== text) queue.push([read, name === 'decode' ? decoded + 1 : decoded])
    }
  }
  return new Set([...seen].map((key) => key.slice(key.indexOf(' ') + 1)))
}
