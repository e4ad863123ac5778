const CRLF = Buffer.from('\r\n', 'latin1')

/** `bytes`, which must not be empty, as one chunk (RFC 9112 7.1). */
export function chunkOf(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`, 'latin1'), bytes, CRLF])
}

/** The end of a chunked body; `trailers` are whole lines with CRLF. */
export function lastChunk(trailers: string): string {
  return `0\r\n${trailers}\r\n`
}
