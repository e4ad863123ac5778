/** Characters that JSON leaves as they are although a terminal or a log viewer acts on them: DEL, C1, bidirectional controls, line separators. */
const UNSEEN = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

/** A string as a JSON value that can neither end its line nor steer a terminal, whatever it holds. */
export function jsonString(value: string): string {
  const length = value.length
  for (let i = 0; i < length; i++) {
    const code = value.charCodeAt(i)
    if (code < 0x20 || code > 0x7e || code === 0x22 || code === 0x5c) return escaped(value)
  }
  return `"${value}"`
}

export function jsonStringOrNull(value: string | null): string {
  return value === null ? 'null' : jsonString(value)
}

/** Escapes what JSON permits in a string but a terminal would act on; works on JSON text and on plain text alike. */
export function escapeUnseen(text: string): string {
  return text.replace(UNSEEN, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function escaped(value: string): string {
  return escapeUnseen(JSON.stringify(value))
}
