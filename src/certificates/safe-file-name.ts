/** Longer ones do not fit into every file system beside an extension. */
const LONGEST_BYTES = 100
/** Device names of Windows, with any extension, and blanks before it. */
const DEVICES = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]) *(\.|$)/i

/**
 * A file name for a certificate's name: letters, digits, blanks and `. _ - @ +` of any script stay, everything else becomes `_`. It has
 * no folder in it, is not hidden, is no option, and opens on Windows; a name of which nothing is left is `certificate`.
 */
export function safeFileName(name: string): string {
  const folded = name
    .toWellFormed()
    .normalize('NFC')
    .replace(/[^\p{L}\p{M}\p{N} ._@+-]/gu, '_')
    .replace(/\.{2,}/g, '_')
    .replace(/^[ .-]+/, '_')
  const cut = shortened(folded).replace(/[ .]+$/, '')
  if (!/[\p{L}\p{N}]/u.test(cut)) return 'certificate'
  return DEVICES.test(cut) ? `_${cut}` : cut
}

/** Cut between characters, never within one. */
function shortened(text: string): string {
  let bytes = 0
  let kept = ''
  for (const character of text) {
    bytes += Buffer.byteLength(character)
    if (bytes > LONGEST_BYTES) break
    kept += character
  }
  return kept
}

/** The value of Content-Disposition for a file (RFC 6266); a name outside ASCII is given in both forms. */
export function attachment(fileName: string): string {
  const ascii = fileName.replace(/[^\x20-\x7e]/g, '_').replace(/["\\%]/g, '_')
  const plain = `attachment; filename="${ascii}"`
  if (ascii === fileName) return plain
  const encoded = encodeURIComponent(fileName).replace(/['()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
  return `${plain}; filename*=UTF-8''${encoded}`
}
