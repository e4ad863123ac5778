/** A DN as certgate prints it, read back: proof that nothing of it was lost. Written apart from src/identity on purpose. */

/** RDNs from the most specific; in each the attributes as printed type and value. */
export type PrintedName = readonly (readonly (readonly [string, string])[])[]

/** RFC 4514 as a printer writes it: commas and plus signs that are not escaped divide. */
export function readPrintedName(text: string): PrintedName {
  const rdns: [string, string][][] = [[]]
  let type = ''
  let value: Buffer[] | null = null
  const push = (bytes: Buffer): void => {
    if (value === null) type += bytes.toString('utf8')
    else value.push(bytes)
  }
  const finish = (): void => {
    rdns.at(-1)?.push([type, Buffer.concat(value ?? []).toString('utf8')])
    type = ''
    value = null
  }
  const characters = [...text]
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] as string
    if (character === '\\') {
      const hex = characters.slice(at + 1, at + 3).join('')
      if (/^[0-9a-fA-F]{2}$/.test(hex)) {
        push(Buffer.from(hex, 'hex'))
        at += 2
      } else push(Buffer.from(characters[++at] ?? ''))
    } else if (character === '=' && value === null) value = []
    else if (character === ',' || character === '+') {
      finish()
      if (character === ',') rdns.push([])
    } else push(Buffer.from(character))
  }
  if (text !== '') finish()
  return rdns.filter((rdn) => rdn.length > 0)
}
