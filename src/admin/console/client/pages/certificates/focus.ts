import { onceDrawn } from '../../store.ts'

/** To what is to be mended first. */
export function focusProblem(): void {
  onceDrawn(() => document.querySelector<HTMLElement>(':is(dialog, main) [aria-invalid="true"]')?.focus())
}
