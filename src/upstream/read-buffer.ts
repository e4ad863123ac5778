/** Every plain upstream socket of a worker reads into this: no allocation per read. Sized as one TLS write. */
export const READ_BUFFER: Buffer = Buffer.allocUnsafeSlow(131072)

let view: Buffer = READ_BUFFER

/** The first bytes of it, as a buffer to pass on. */
export function readBytes(length: number): Buffer {
  // Responses of one upstream are often as long as the last.
  if (view.length !== length) view = READ_BUFFER.subarray(0, length)
  return view
}
