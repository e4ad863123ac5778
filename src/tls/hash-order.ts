import { inSlices } from './slices.ts'

const SLICE = 1 << 14

/**
 * The numbers from 0 to below `count`, ascending by hash, equal ones by number. The first bits of each hash and its number go into one
 * float, which the engine sorts natively; only where those bits are equal are hashes compared, so they should be hashes.
 */
export async function hashOrder(count: number, hashAt: (index: number) => Buffer): Promise<Uint32Array<ArrayBuffer>> {
  const numberBits = Math.max(1, Math.ceil(Math.log2(count || 1)))
  const dropped = Math.max(0, numberBits + 32 - 53)
  const unit = 2 ** numberBits
  const keys = new Float64Array(count)
  await inSlices(count, SLICE, (index) => {
    keys[index] = (hashAt(index).readUInt32BE() >>> dropped) * unit + index
  })
  keys.sort()
  const order = new Uint32Array(count)
  await inSlices(count, SLICE, (place) => {
    const key = keys[place] as number
    const index = key % unit
    let at = place
    for (; at > 0 && samePrefix(keys[at - 1] as number, key, unit); at--) {
      const before = order[at - 1] as number
      if (Buffer.compare(hashAt(before), hashAt(index)) <= 0) break
      order[at] = before
    }
    order[at] = index
  })
  return order
}

/** Keys stay where the native sort put them: the prefix at a place is the same whichever of its hashes ends up there. */
const samePrefix = (a: number, b: number, unit: number): boolean => Math.floor(a / unit) === Math.floor(b / unit)
