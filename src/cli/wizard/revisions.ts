import { isDeepStrictEqual } from 'node:util'
import { UsageError } from '../../errors.ts'
import type { Draft } from './draft.ts'
import type { Form } from './form.ts'

const FIELD = 'revision'

/** Which answers a page was made from, so that a tab that shows older ones overwrites nothing. */
export class Revisions {
  /** Rises with each change of any answer. */
  #last = 0
  readonly #steps = new Map<string, number>()

  /** Of one step; of all of them where it is none. */
  of(path: string | null): number {
    return path === null ? this.#last : (this.#steps.get(path) ?? 0)
  }

  /** HTML for the form of a page. */
  mark(path: string | null): string {
    return `<input type="hidden" name="${FIELD}" value="${this.of(path)}">`
  }

  /** Whether a form is of a page that shows what there is now. */
  isNow(path: string | null, form: Form | null): boolean {
    return form?.text(FIELD) === String(this.of(path))
  }

  /** An answer was taken: it counts as another one only where it says something else. */
  took(path: string, before: Draft, after: Draft): void {
    if (isSame(path, before, after)) return
    this.#last++
    this.#steps.set(path, this.#last)
  }
}

/** Whether an answer is the one that there is: a button that was pressed twice, or two tabs that say the same. */
export function isSame(path: string, before: Draft, after: Draft): boolean {
  const plain = ({ answered: _, ...rest }: Draft) => rest
  return before.answered.has(path) && isDeepStrictEqual(plain(before), plain(after))
}

export const STEP_OVERTAKEN = new UsageError(
  'this was answered otherwise since this page was opened, in another tab perhaps, and nothing was taken from here',
  'below is what you entered here, without passwords and files: Continue puts it in the place of the other answer',
)

export const REVIEW_OVERTAKEN = new UsageError(
  'an answer was changed since this page was opened, in another tab perhaps, and nothing was made',
  'look at all of it again',
)
