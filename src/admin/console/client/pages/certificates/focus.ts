/** To what is to be mended first, once it is drawn: setting a state draws in the next frame. */
export function focusProblem(): void {
  const focus = (): void => document.querySelector<HTMLElement>(':is(dialog, main) [aria-invalid="true"]')?.focus()
  requestAnimationFrame(() => requestAnimationFrame(focus))
}
