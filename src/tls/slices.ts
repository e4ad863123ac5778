import { setImmediate as nextTurn } from 'node:timers/promises'

/** Does something for each number from 0 to below `count`, and lets others have a turn of the event loop after every `size` of them. */
export async function inSlices(count: number, size: number, one: (index: number) => void): Promise<void> {
  for (let start = 0; start < count; start += size) {
    const end = Math.min(count, start + size)
    for (let index = start; index < end; index++) one(index)
    await nextTurn()
  }
}
