/**
 * Characters that no name may hold: C0 and C1 controls, DEL, line and paragraph separators, and the controls that
 * reorder what a terminal shows. They exist in names only to fool whoever reads a header, a log or a screen.
 */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/

export function hasUnprintable(text: string): boolean {
  return UNPRINTABLE.test(text)
}

/**
 * Characters that nobody sees, and that make another name of one that looks the same: those that Unicode ignores by default (zero width, soft
 * hyphen, fillers, variation selectors, tags) and the blank Braille pattern.
 */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\u2800]/u

export function hasInvisible(text: string): boolean {
  return INVISIBLE.test(text)
}

export function withoutInvisible(text: string): string {
  return text.replace(new RegExp(INVISIBLE, 'gu'), '')
}
