/** To what is to be mended first, once it is drawn: what is set now is drawn before the next frame. */
export function focusProblem(): void {
  const focus = (): void => document.querySelector<HTMLElement>(':is(dialog, main) [aria-invalid="true"]')?.focus()
  requestAnimationFrame(focus)
}
