import { Random } from './random.ts'

/** The ways in which the network may cut an input: in two at every byte of a short one, byte by byte, and at random. */
export function* splits(input: Buffer, everywhere: number): Generator<readonly Buffer[]> {
  if (input.length <= everywhere) for (let at = 1; at < input.length; at++) yield cut(input, [at])
  if (input.length <= 2_048)
    yield cut(
      input,
      Array.from({ length: Math.max(0, input.length - 1) }, (_, index) => index + 1),
    )
  const random = new Random(input.length * 31 + (input[0] ?? 0) + (input[input.length >> 1] ?? 0))
  for (let count = 0; count < 2 && input.length > 2; count++) {
    const places = new Set(random.list(random.between(1, 6), () => random.between(1, input.length - 1)))
    yield cut(
      input,
      [...places].sort((a, b) => a - b),
    )
  }
}

/** Copies, so that nothing of one part can be reached through another. */
function cut(input: Buffer, places: readonly number[]): Buffer[] {
  return [...places, input.length].map((to, index) => Buffer.from(input.subarray(places[index - 1] ?? 0, to)))
}
