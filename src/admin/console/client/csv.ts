/** What makes a spreadsheet compute a cell that begins with it, also behind spaces (OWASP: CSV injection). */
const FORMULA = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/
/** Where another cell begins for a spreadsheet that splits by what we do not: in many countries that is `;`. */
const INNER = /([;\t\r\n|]\s*)(?=[=+\-@＝＋－＠])/g

/** Rows as RFC 4180 has them, and a file of them: whatever a cell says is text, wherever a spreadsheet splits it. All CSV is made here. Pure. */
export function csvText(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map(field).join(',')}\r\n`).join('')
}

export function csvFile(rows: readonly (readonly string[])[]): Blob {
  return new Blob([csvText(rows)], { type: 'text/csv;charset=utf-8' })
}

function field(text: string): string {
  const inner = text.replace(INNER, "$1'")
  const harmless = FORMULA.test(inner) ? `'${inner}` : inner
  return /[",;\t\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
