/** Anything that has to be escaped in a JSON string, and anything outside ASCII. One native scan beats a loop over the characters. */
const NOT_PLAIN = /[^ !#-[\]-~]/

/** Characters that JSON leaves as they are although a terminal or a log viewer acts on them: DEL, C1, bidirectional controls, line separators. */
const UNSEEN = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

/** A string as a JSON value that can neither end its line nor steer a terminal, whatever it holds. */
export function jsonString(value: string): string {
  return NOT_PLAIN.test(value) ? escapeUnseen(JSON.stringify(value)) : `"${value}"`
}

export function jsonStringOrNull(value: string | null): string {
  return value === null ? 'null' : jsonString(value)
}

/** Writes as `\uXXXX` what JSON permits in a string but a terminal would act on; for JSON text and for plain text alike. */
export function escapeUnseen(text: string): string {
  return text.replace(UNSEEN, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** A string as plain text for a terminal: every control character is shown as its JSON escape. */
export function visible(text: string): string {
  return NOT_PLAIN.test(text) ? escapeUnseen(JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"')) : text
}

/**
 * The same text in one piece. V8 keeps a concatenation as a tree of its parts and walks that tree each time it is copied;
 * text that is used in many lines is worth flattening once.
 */
export function flat(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8')
}
