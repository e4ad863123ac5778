import type { Random } from './random.ts'

/** Inputs stay small: what matters is in the first few lines. */
const MAX_BYTES = 65_536
const ODD = [0, 1, 9, 10, 11, 13, 32, 34, 35, 44, 45, 47, 58, 59, 61, 92, 127, 128, 160, 255]

/** Changes a few places of an input; `other` is what parts are taken from. */
export function mutateBytes(input: Buffer, other: Buffer, words: readonly string[], random: Random): Buffer {
  let bytes = input
  for (let count = random.of([1, 1, 1, 2, 3, 6]); count > 0; count--) bytes = once(bytes, other, words, random)
  return bytes.length > MAX_BYTES ? bytes.subarray(0, MAX_BYTES) : bytes
}

function once(bytes: Buffer, other: Buffer, words: readonly string[], random: Random): Buffer {
  const at = random.below(bytes.length + 1)
  const span = Math.min(bytes.length - at, random.of([1, 1, 2, 4, 16, 64]))
  switch (random.below(9)) {
    case 0:
      return splice(bytes, at, 1, Buffer.of(random.below(256)))
    case 1:
      return splice(bytes, at, random.of([0, 1]), Buffer.of(random.of(ODD)))
    case 2:
      return splice(bytes, at, span, Buffer.alloc(0))
    case 3:
      return splice(bytes, at, 0, bytes.subarray(at, at + span))
    case 4:
      return words.length === 0 ? bytes : splice(bytes, at, random.of([0, 0, span]), Buffer.from(random.of(words), 'latin1'))
    case 5: {
      const from = random.below(other.length + 1)
      return splice(bytes, at, random.of([0, span]), other.subarray(from, from + random.of([4, 16, 64, 256])))
    }
    case 6:
      return moveLine(bytes, random)
    case 7:
      return at < bytes.length ? splice(bytes, at, 1, Buffer.of((bytes[at] ?? 0) ^ (1 << random.below(8)))) : bytes
    default:
      return splice(bytes, at, 0, Buffer.alloc(random.of([2, 8, 70, 300]), random.of([bytes[at] ?? 65, 97, 48, 32])))
  }
}

export function splice(bytes: Buffer, at: number, remove: number, insert: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)])
}

/** A line again somewhere else, or gone. */
function moveLine(bytes: Buffer, random: Random): Buffer {
  const lines = bytes.toString('latin1').split('\n')
  const [line = ''] = lines.splice(random.below(lines.length), random.of([0, 1]))
  const again = line === '' ? (lines[random.below(lines.length)] ?? '') : line
  if (random.chance(80)) lines.splice(random.below(lines.length + 1), 0, again)
  return Buffer.from(lines.join('\n'), 'latin1')
}
