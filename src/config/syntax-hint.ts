/** Characters before and after the place that are looked at: the whole text may be one line. */
const AROUND = 500

/** What is usually meant where YAML breaks; undefined where the parser's own words are the best there is. */
export function syntaxHint(text: string, offset: number, reason: string): string | undefined {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1
  const lineEnd = text.indexOf('\n', offset)
  const from = Math.max(lineStart, offset - AROUND)
  const line = text.slice(from, Math.min(lineEnd < 0 ? text.length : lineEnd, offset + AROUND))
  if (from === lineStart && /^\s*\t/.test(line)) return 'indent with spaces, not tabs'
  if (/[:\-,]\s+\[[0-9a-fA-F:.]*:[0-9a-fA-F:.]*\]:/.test(line)) return 'quote an IPv6 address: "[::]:8443"'
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what a person has to write
  if (/[{,[].*[^"']\$\{/.test(line)) return 'inside { } and [ ] a placeholder must be quoted: "${env:NAME}"'
  const next = text.charAt(offset)
  if (next === '@' || next === '`' || next === '%') return `quote a value that begins with ${next}`
  if (next === '*' || next === '&' || next === '!') return `quote a value that begins with ${next}: "${next}..."`
  if (/alias name|alias node/.test(reason)) return 'quote a value that begins with *: "*..."'
  if (/within a (?:single|double) quoted scalar/.test(reason)) return 'a quote was opened and never closed'
  if (/within a flow collection/.test(reason)) return 'a [ or { was opened and never closed'
  if (/deficient indentation/.test(reason)) return 'a [, { or quote above is not closed, or what is inside it is not indented'
  if (/bad indentation/.test(reason) && /:\s+[^"'#\s][^"'#]*:\s/.test(line)) return 'quote a value that contains ": "'
  if (/bad indentation/.test(reason)) return 'keys of one block begin in the same column'
  return undefined
}
