import { MaterialError } from '../errors.ts'
import { readRegularFile, unreadable } from '../regular-file.ts'

/** One block of RFC 7468 text. */
export interface PemBlock {
  readonly label: string
  readonly der: Buffer
}

/** The bytes of a file that holds key material. Throws MaterialError in the words of the person who has to fix it. */
export function readMaterial(file: string): Buffer {
  try {
    return readRegularFile(file)
  } catch (error) {
    throw new MaterialError(file, `cannot read ${file}: ${unreadable(error)}`, { cause: error })
  }
}

/**
 * The PEM blocks of a file in order; text around them is passed over, as OpenSSL does. A block that does not end, or does not hold
 * base64, throws MaterialError: what cannot be read is never left out.
 */
export function readPem(bytes: Buffer, file: string): PemBlock[] {
  const text = bytes.toString('latin1')
  const blocks: PemBlock[] = []
  const opening = /^[ \t]*-----BEGIN ([A-Z0-9 ]+)-----[ \t]*\r?$/gm
  for (let match = opening.exec(text); match !== null; match = opening.exec(text)) {
    const label = match[1] ?? ''
    const ordinal = `block ${blocks.length + 1} (${label}) of ${file}`
    const end = text.indexOf(`-----END ${label}-----`, opening.lastIndex)
    if (end < 0) throw new MaterialError(file, `${ordinal} does not end: "-----END ${label}-----" is missing`)
    const body = text.slice(opening.lastIndex, end)
    // Headers (Proc-Type, DEK-Info) come before an empty line; only old encrypted keys have them, and those go to OpenSSL whole.
    const encoded = (/^[A-Za-z-]+:/m.test(body) ? body.replace(/^[\s\S]*?\r?\n\r?\n/, '') : body).replace(/[ \t\r\n]/g, '')
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) throw new MaterialError(file, `${ordinal} is not base64`)
    blocks.push({ label, der: Buffer.from(encoded, 'base64') })
    opening.lastIndex = end
  }
  return blocks
}

/** True for DER: what begins with a SEQUENCE whose length is not a letter of text. */
export function looksLikeDer(bytes: Buffer): boolean {
  return bytes[0] === 0x30 && !/^0[\t\n\r -~]{8}/.test(bytes.subarray(0, 9).toString('latin1'))
}
