import { encodeValue } from './encode.ts'
import type { HeaderSubject, InboundHeaders } from './types.ts'

/** A header a dialect can write. Two with one name must have one recipe, else the configuration is refused. */
export interface EmittedHeader {
  readonly name: string
  /** What determines the value: equal recipes always give equal values for one subject. */
  readonly recipe: string
  /** Whoever reads the value could use it against the upstream, whatever the header is called. */
  readonly isSecret?: boolean
}

/** Where a dialect writes its lines; refuses anything that is not printable ASCII. */
export interface BlockWriter {
  /** `value` is already encoded. */
  line(name: string, value: string): void
  /** An item this dialect cannot express: not sent, counted, audited. */
  drop(item: string): void
  /** The user name cannot be expressed: nothing is forwarded, 403 `identity_unusable`. */
  unusable(reason: string): void
}

/** One style, compiled from its options. */
export interface Dialect {
  readonly headers: readonly EmittedHeader[]
  write(subject: HeaderSubject, out: BlockWriter): void
  /** Present where the dialect continues an inbound value: the lines that then depend on each request. */
  readonly writeRequest?: (subject: HeaderSubject, inbound: InboundHeaders, out: BlockWriter) => void
}

export type StyleOptions = Readonly<Record<string, string>>

/** Joins items where the reader undoes percent escapes: the separator inside an item is escaped too. */
export function joinEscaped(items: readonly string[], separator: string): string {
  return items.map((item) => encodeValue(item, separator)).join(separator)
}

/** Items that a dialect without an escape can express; the rest is dropped and counted. */
export function expressible(style: string, items: readonly string[], separator: string, out: BlockWriter): readonly string[] {
  return items
    .filter((item) => {
      const sendable = !item.includes(separator) && item.isWellFormed()
      if (!sendable) out.drop(`${style}: ${item}`)
      return sendable
    })
    .map((item) => encodeValue(item))
}

/** The user name for a dialect without an escape. A separator in it could read as a list: then nothing is forwarded. */
export function writeUser(style: string, header: string, subject: HeaderSubject, separator: string, out: BlockWriter): void {
  if (subject.identity === null || header === '') return
  const { name } = subject.identity
  if (name.includes(separator))
    out.unusable(`the user name contains ${JSON.stringify(separator)}, which the ${style} headers cannot express`)
  else out.line(header, encodeValue(name))
}

/** The headers of a dialect without those whose name was set to '', which means "do not send". */
export function emitted(headers: readonly EmittedHeader[]): readonly EmittedHeader[] {
  return headers.filter((header) => header.name !== '')
}
