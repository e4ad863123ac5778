/**
 * Characters that no name may hold: C0 and C1 controls, DEL, line and paragraph separators, and the controls that
 * reorder what a terminal shows. They exist in names only to fool whoever reads a header, a log or a screen.
 */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/

export function hasUnprintable(text: string): boolean {
  return UNPRINTABLE.test(text)
}
