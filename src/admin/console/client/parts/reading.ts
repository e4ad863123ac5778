import { messageOf } from './states.ts'
import { toast } from './toast.ts'

const under = new Set<Promise<void>>()

/** A file that was chosen is read and put where it belongs. Told where it cannot be read. */
export function reading(work: Promise<void>): void {
  const ended = work.catch((error: unknown) => toast('bad', messageOf(error))).finally(() => under.delete(ended))
  under.add(ended)
}

/** Once every chosen file is where it belongs: who sends a form at once does not send it without, or with what stood there before. */
export async function filesRead(): Promise<void> {
  while (under.size > 0) await Promise.all(under)
}
